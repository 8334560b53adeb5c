/**
 * What 300 clients that stop reading cost the other 1,700. Runs in a network namespace of its own, with the kernel
 * setting that the deployment makes there (tcp_notsent_lowat): without it the kernel hides 4 MB a client.
 */

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Reporter } from '#engine/report/reporter.ts';
import { atMost, type Goal, median } from '../bench.ts';
import { ratio } from './trials.ts';

const ROUNDS = 3;
const TIMEOUT_MS = 120_000;
const TRIAL = fileURLToPath(new URL('stalled-trial.ts', import.meta.url));
const IN_NAMESPACE = 'ip link set lo up && echo 65536 > /proc/sys/net/ipv4/tcp_notsent_lowat && exec "$@"';

export interface StalledTrial {
  readonly p99: number;
  readonly rss: number;
  readonly queued: number;
  readonly stalledEnds: Record<string, number>;
  readonly disordered: number;
}

async function run(stall: number, report: Reporter): Promise<StalledTrial> {
  const command = ['--net', 'sh', '-c', IN_NAMESPACE, 'sh', process.execPath, TRIAL, String(stall)];
  const { stdout } = await promisify(execFile)('unshare', command, { timeout: TIMEOUT_MS });
  const result = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as StalledTrial;
  report.lines(
    `  ours       ${stall} stalled: p99 of the others ${result.p99} ms, ${Math.round(result.queued / 1e6)} MB queued, ${Math.round(result.rss / 1e6)} MB, stalled ended ${JSON.stringify(result.stalledEnds)}`,
  );
  return result;
}

export async function stalledClients(report: Reporter): Promise<Goal[]> {
  const without: StalledTrial[] = [];
  const among: StalledTrial[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    without.push(await run(0, report));
    among.push(await run(300, report));
  }
  const p99 = (list: StalledTrial[]) => list.map((each) => each.p99);
  const perByte = among.map((each, round) => (each.rss - (without[round]?.rss ?? 0)) / each.queued);
  return [
    atMost('300 stalled among 2,000: p99 of the others', ratio(p99(among), p99(without)), 1.2, '×'),
    atMost('300 stalled: resident memory for each queued byte', median(perByte), 0.1, 'B'),
  ];
}
