/** An address outside of every network that the inventory names, from which this machine speaks to the hosts. */

import { existsSync, readFileSync } from 'node:fs';
import { asRoot, bridge } from './hosts.ts';

/** From TEST-NET-2 (RFC 5737): nobody's. */
export const OUTSIDE = '198.51.100.7';

const SYN_MEMORY = 'net.netfilter.nf_conntrack_tcp_timeout_syn_sent';
/** Each unanswered question stays in this machine's connection table for so long. */
const SHORT_S = '3';

async function must(file: string, args: readonly string[]): Promise<void> {
  const { status, stderr } = await asRoot(file, args);
  if (status !== 0) throw new Error(`${file} ${args.join(' ')}: ${stderr}`);
}

/**
 * Gives this machine the outside address on the sandbox's bridge. A scan would fill the table in which the machine keeps
 * its connections, at the default of two minutes a question: it forgets faster meanwhile. Returns what undoes both.
 */
export async function standOutside(): Promise<() => Promise<void>> {
  const device = await bridge();
  const path = `/proc/sys/${SYN_MEMORY.replaceAll('.', '/')}`;
  const before = existsSync(path) ? readFileSync(path, 'utf8').trim() : undefined;
  await must('ip', ['address', 'replace', `${OUTSIDE}/32`, 'dev', device]);
  if (before) await must('sysctl', ['-qw', `${SYN_MEMORY}=${SHORT_S}`]);
  return async () => {
    await must('ip', ['address', 'del', `${OUTSIDE}/32`, 'dev', device]);
    if (before) await must('sysctl', ['-qw', `${SYN_MEMORY}=${before}`]);
  };
}
