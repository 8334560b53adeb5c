import { spawn } from 'node:child_process';
import { NO_SERVICES } from '#engine/adhoc.ts';
import type { Flag, Flags } from '#engine/cli/command.ts';
import { KitError } from '#engine/errors.ts';
import { limitHosts } from '#engine/inventory/select.ts';
import type { Reporter } from '#engine/report/reporter.ts';
import { Session } from '#engine/session.ts';
import { SSH_FAILED } from '#engine/transport/failure.ts';
import { envOf, openEnvironment, type Providers } from './environment.ts';

export const shellFlags = {
  env: { value: 'NAME', help: 'the environment: inventory/NAME.yml' },
} as const satisfies Record<string, Flag>;

const LOGIN_S = 20;

/** Logs a person in to one host, as the deploy user, with the keys and pins that the kit itself uses. */
export async function runShell(
  flags: Flags,
  name: string | undefined,
  providers: Providers,
  report: Reporter,
): Promise<number> {
  const env = envOf(flags);
  const example = `npx zx scripts/shell.mjs --env ${env}`;
  if (!name) throw new KitError('usage', 'which host? name one', { next: `${example} ws-1` });
  if (!process.stdin.isTTY || !process.stdout.isTTY)
    throw new KitError('usage', 'a login needs a terminal, and there is none', {
      next: `npx zx scripts/exec.mjs --env ${env} --limit ${name} -- uptime`,
    });
  const { inventory } = await openEnvironment(env, providers);
  const [host, ...others] = limitHosts(inventory, name);
  if (!host || others.length > 0)
    throw new KitError('usage', `${name} is ${others.length + 1} hosts; a login is to one`, {
      next: `${example} ${host?.name}`,
    });
  const session = new Session(inventory, report, NO_SERVICES);
  const connection = session.connection(host);
  // Says in our words what stands in the way, and finds out who may log in; the person's own login then shares it.
  await connection.execute([{ id: 'login', script: ':', timeoutSeconds: LOGIN_S }], { deadlineSeconds: LOGIN_S });
  const child = spawn('ssh', connection.interactive(), { stdio: 'inherit' });
  const status = await new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? SSH_FAILED));
  });
  await session.close();
  // The status of a person's last command is nobody's failure.
  if (status !== SSH_FAILED) return 0;
  throw new KitError('cut-off', 'the login ended because the connection was lost', {
    host: host.name,
    next: `${example} ${host.name}`,
  });
}
