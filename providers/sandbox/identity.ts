import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '#engine/local/command.ts';
import { docker } from '#engine/local/docker.ts';
import { stateFolder } from '#engine/local/folders.ts';

/** Where a sandbox's key pair and the pins of its hosts are: outside the checkout, so that a second clone has them. */
export const sandboxState = (env: string): string => stateFolder('sandbox', env);
export const identityFile = (env: string): string => join(sandboxState(env), 'id_ed25519');
const pinsFile = (env: string): string => join(sandboxState(env), 'host-keys.json');

/** The key pair that opens root on the sandbox's hosts, made once. Returns the public key's line. */
export async function prepareIdentity(env: string): Promise<string> {
  const file = identityFile(env);
  if (!existsSync(file) || !existsSync(`${file}.pub`)) {
    await mkdir(sandboxState(env), { recursive: true, mode: 0o700 });
    const fresh = `${file}.${process.pid}`;
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', `odin-${env}`, '-f', fresh]);
    // The public half first: a key without it is made anew.
    await rename(`${fresh}.pub`, `${file}.pub`);
    await rename(fresh, file);
  }
  return readFile(`${file}.pub`, 'utf8');
}

/** A container and where its sshd answers. */
export interface Pinned {
  containerId: string;
  address: string;
}

/**
 * The hosts' keys as lines of a known_hosts file. A key is read through the Docker daemon, once in a container's life:
 * a host that shows another key later is a host that someone changed, and SSH shall say so.
 */
export async function hostKeys(env: string, hosts: readonly Pinned[]): Promise<string[]> {
  const pins = await readPins(env);
  const fresh = hosts.filter((host) => pins[host.containerId] === undefined);
  await Promise.all(
    fresh.map(async ({ containerId }) => {
      const line = await docker(['exec', containerId, 'cat', '/etc/ssh/ssh_host_ed25519_key.pub']);
      pins[containerId] = line.split(' ').slice(0, 2).join(' ');
    }),
  );
  if (fresh.length > 0) await writePins(env, pins, hosts);
  return hosts.map(({ address, containerId }) => `${address} ${pins[containerId]}`);
}

async function readPins(env: string): Promise<Record<string, string>> {
  return existsSync(pinsFile(env)) ? JSON.parse(await readFile(pinsFile(env), 'utf8')) : {};
}

async function writePins(env: string, pins: Record<string, string>, hosts: readonly Pinned[]): Promise<void> {
  const current = Object.fromEntries(hosts.map(({ containerId }) => [containerId, pins[containerId]]));
  const partial = `${pinsFile(env)}.${process.pid}`;
  await mkdir(sandboxState(env), { recursive: true, mode: 0o700 });
  await writeFile(partial, `${JSON.stringify(current, null, 2)}\n`);
  await rename(partial, pinsFile(env));
}
