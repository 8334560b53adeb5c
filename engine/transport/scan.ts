import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { KitError } from '../errors.ts';
import type { Host } from '../inventory/inventory.ts';
import { privateFolder } from './private-folder.ts';
import { runSsh } from './process.ts';
import { CONNECT_TIMEOUT_S, configWords, destination, optionWords } from './ssh.ts';

/** Beyond connecting, for what a ProxyCommand needs to begin. */
const SPARE_MS = 10_000;

/**
 * The host key that a host shows, as the line of known_hosts under which ssh will look for it. ssh itself asks, so that
 * ProxyJump, ProxyCommand and the names of the operator's configuration lead to the same host as a login; it logs in as
 * nobody. Throws `unreachable`.
 */
export async function scanHostKey(host: Host): Promise<string> {
  const folder = mkdtempSync(join(privateFolder(), 'scan-'));
  const known = join(folder, 'known_hosts');
  const options = [
    'BatchMode=yes',
    'StrictHostKeyChecking=accept-new',
    `UserKnownHostsFile=${known}`,
    'GlobalKnownHostsFile=/dev/null',
    'HashKnownHosts=no',
    'HostKeyAlgorithms=ssh-ed25519',
    'PreferredAuthentications=none',
    'ControlMaster=no',
    'ControlPath=none',
    'LogLevel=ERROR',
    `ConnectTimeout=${CONNECT_TIMEOUT_S}`,
  ];
  try {
    const words = [...configWords(), ...optionWords(options), ...destination(host, 'nobody'), 'true'];
    const { stderr } = await runSsh(host.name, words, { deadlineMs: CONNECT_TIMEOUT_S * 1000 + SPARE_MS });
    const line = lineOf(known);
    if (line) return line;
    throw new KitError('unreachable', `${host.address}:${host.port} shows no ed25519 host key`, {
      host: host.name,
      lastLines: stderr,
      next: `ssh-keyscan -p ${host.port} ${host.address}`,
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function lineOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
      .split('\n')
      .find((line) => line.includes(' ssh-ed25519 '));
  } catch {
    return undefined;
  }
}
