import { adhoc } from '#engine/adhoc.ts';
import type { Flag, Flags } from '#engine/cli/command.ts';
import { KitError } from '#engine/errors.ts';
import type { Host } from '#engine/inventory/inventory.ts';
import { type Answer, timedOut } from '#engine/program.ts';
import type { Reporter } from '#engine/report/reporter.ts';
import { words } from '#engine/shell.ts';
import { envOf, openEnvironment, type Providers } from './environment.ts';

export const execFlags = {
  env: { value: 'NAME', help: 'the environment: inventory/NAME.yml' },
  limit: { value: 'HOSTS', help: 'on which hosts or groups, comma-separated; `all` for every one' },
  timeout: { value: 'SECONDS', help: 'how long it may take on a host (default 300)' },
} as const satisfies Record<string, Flag>;

const DEFAULT_TIMEOUT_S = 300;

/** One word is a line of shell, as with ssh; several are a command and its arguments, which arrive as they were typed. */
export function commandOf(typed: readonly string[]): string {
  const [only = '', ...more] = typed;
  return more.length === 0 ? only : words(...typed);
}

function secondsOf(flags: Flags): number {
  const seconds = Number(flags.timeout ?? DEFAULT_TIMEOUT_S);
  if (Number.isInteger(seconds) && seconds > 0) return seconds;
  throw new KitError('usage', `--timeout takes whole seconds, not "${flags.timeout}"`);
}

/** Runs a command as root on hosts, and shows what it prints, each line behind the name of its host. */
export async function runExec(
  flags: Flags,
  typed: readonly string[],
  providers: Providers,
  report: Reporter,
): Promise<number> {
  const env = envOf(flags);
  const timeoutSeconds = secondsOf(flags);
  if (typeof flags.limit !== 'string')
    throw new KitError('usage', 'on which hosts? give --limit HOSTS, or --limit all', {
      next: `npx zx scripts/exec.mjs --env ${env} --limit all -- ${words(...typed)}`,
    });
  const { inventory } = await openEnvironment(env, providers);
  const width = Math.max(...inventory.hosts.map(({ name }) => name.length));
  const show = ({ name }: Host, { output }: Answer): void => {
    for (const line of output.trimEnd().split('\n')) report.lines(`${name.padEnd(width)}  ${line}`.trimEnd());
  };
  const failure = (host: Host, answer: Answer): KitError => {
    if (answer.output.trim()) show(host, answer);
    const why = timedOut(answer) ? `did not end within ${timeoutSeconds} s` : 'failed';
    return new KitError('command-failed', `the command ${why}`, { host: host.name, exitStatus: answer.status });
  };
  const piece = { id: 'exec', script: commandOf(typed), timeoutSeconds };
  return adhoc(inventory, { limit: flags.limit, report, failure, record: true }, () => piece, show);
}
