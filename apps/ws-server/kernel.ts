/** Kernel settings of this network namespace that the fan-out depends on. */

import { readFile } from 'node:fs/promises';

const NOTSENT_LOWAT = '/proc/sys/net/ipv4/tcp_notsent_lowat';
const NOTSENT_LOWAT_MAX_BYTES = 1024 * 1024;

/**
 * A warning when net.ipv4.tcp_notsent_lowat is unset (4294967295): then a stalled client hides megabytes in the kernel
 * before the server's own queue grows, and backpressure sees it far too late. Undefined when all is well or unknown.
 */
export async function kernelWarning(path = NOTSENT_LOWAT): Promise<string | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined || Number(text) <= NOTSENT_LOWAT_MAX_BYTES) return undefined;
  return 'net.ipv4.tcp_notsent_lowat is unset: slow clients are noticed late; set it to 65536 in this network namespace';
}
