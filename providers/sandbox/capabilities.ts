import { readFile } from 'node:fs/promises';
import { dockerVersion } from '#engine/local/docker.ts';

/** The bit of CAP_SYS_RESOURCE (capabilities(7)): a machine that is itself a container often does not have it. */
const SYS_RESOURCE = 24n;

/** From here on Docker takes `--cap-add ALL` for all that there are, and refuses to drop one that there is not. */
const KNOWS_ITS_LIMITS = 23;

/** The `docker create` flags that give a host every capability that this machine can give. */
export async function capabilityFlags(): Promise<string[]> {
  const [status, version] = await Promise.all([readFile('/proc/self/status', 'utf8'), dockerVersion()]);
  return flagsFor(status, version ?? '');
}

/** Pure. `status` is a /proc/PID/status, `version` the daemon's: `20.10.24+dfsg1`. */
export function flagsFor(status: string, version: string): string[] {
  const [, bounding = 'ffffffffffffffff'] = /^CapBnd:\s+([0-9a-f]+)$/m.exec(status) ?? [];
  const has = ((BigInt(`0x${bounding}`) >> SYS_RESOURCE) & 1n) === 1n;
  const drop = !has && Number.parseInt(version, 10) < KNOWS_ITS_LIMITS;
  return ['--cap-add', 'ALL', ...(drop ? ['--cap-drop', 'SYS_RESOURCE'] : [])];
}
