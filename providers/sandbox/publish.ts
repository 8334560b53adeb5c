import { createServer } from 'node:net';
import { KitError } from '#engine/errors.ts';
import { attempt } from '#engine/local/command.ts';
import { dockerRows } from '#engine/local/docker.ts';
import { commandLine } from '#engine/local/process.ts';
import type { Environment } from '#engine/provider.ts';

/** A port of this machine that leads to a port of a host, as in Docker's `-p 127.0.0.1:3004:3004`. */
export interface Publish {
  host: string;
  /** Empty means every address of this machine. */
  address: string;
  port: number;
  hostPort: number;
  written: string;
}

const SHAPE = /^(?:(\d+\.\d+\.\d+\.\d+):)?(\d{1,5}):(\d{1,5})$/;

/** The published ports of an environment. Throws `inventory-invalid` with every malformed entry. Pure. */
export function publishedPorts({ env, file }: Environment): Publish[] {
  const problems: string[] = [];
  const published: Publish[] = [];
  for (const [host, entries] of Object.entries(file.sandbox?.publish ?? {})) {
    if (!(host in file.hosts)) problems.push(`sandbox.publish.${host}: there is no such host`);
    entries.forEach((written, index) => {
      const parsed = parsePublish(host, written);
      if (parsed) published.push(parsed);
      else problems.push(`sandbox.publish.${host}[${index}]: "${written}" is not [ADDRESS:]PORT:HOST_PORT`);
    });
  }
  if (problems.length > 0) {
    throw new KitError('inventory-invalid', problems.map((problem) => `inventory/${env}.yml ${problem}`).join('\n'));
  }
  return published;
}

export function parsePublish(host: string, written: string): Publish | undefined {
  const [, address = '', port, hostPort] = SHAPE.exec(written) ?? [];
  const isPort = (text: string | undefined): boolean => Number(text) >= 1 && Number(text) <= 65_535;
  if (!isPort(port) || !isPort(hostPort)) return undefined;
  return { host, address, port: Number(port), hostPort: Number(hostPort), written };
}

/** Refuses ports that something else holds, all at once, before anything starts. Throws `port-taken`. */
export async function checkPortsFree(env: string, ports: readonly Publish[]): Promise<void> {
  const taken: string[] = [];
  for (const port of ports) {
    const fault = await bindFault(port);
    if (fault === 'EADDRINUSE') taken.push(`${port.written} (${port.host}): held by ${await holderOf(port)}`);
    if (fault === 'EADDRNOTAVAIL') taken.push(`${port.written} (${port.host}): this machine has no such address`);
  }
  if (taken.length === 0) return;
  throw new KitError('port-taken', ['not free on this machine:', ...taken.map((line) => `  - ${line}`)].join('\n'), {
    next: `stop what holds the port, or choose another one under sandbox.publish in inventory/${env}.yml`,
  });
}

/** The code of the error that binding the port meets, if any. */
function bindFault({ address, port }: Publish): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.on('error', (error: NodeJS.ErrnoException) => resolve(error.code));
    server.listen({ port, host: address || '0.0.0.0', exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

/** A container by its name, else a process as `ss` shows it, else a shrug that says how to look. */
async function holderOf({ port }: Publish): Promise<string> {
  const containers = await dockerRows(['ps', '--filter', `publish=${port}`, '--format', '{{.Names}}']);
  const container = containers[0]?.[0];
  if (container) return `container ${container}`;
  const seen = await attempt('ss', ['-Hltnp', `sport = :${port}`], { root: true });
  const [, program, pid] = /users:\(\("([^"]+)",pid=(\d+)/.exec(seen.stdout) ?? [];
  const command = (await commandLine(Number(pid))) ?? program;
  return command ? `process ${pid}: ${command}` : `another process (see: ss -ltnp sport = :${port})`;
}
