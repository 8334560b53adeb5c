/** What a person sees: on a terminal one table that is written anew, elsewhere a line from time to time; at the end, all of it. */

import type { LoadResult } from './result.ts';
import type { Snapshot } from './run.ts';

const LINE_EVERY_SECONDS = 5;

export class Terminal {
  readonly #out: NodeJS.WriteStream;
  #lines = 0;
  #told = -LINE_EVERY_SECONDS;

  constructor(out: NodeJS.WriteStream) {
    this.#out = out;
  }

  readonly show = (snapshot: Snapshot): void => {
    const rows = snapshotRows(snapshot);
    if (this.#out.isTTY) {
      this.#out.write(`${this.#lines > 0 ? `\x1b[${this.#lines}A` : ''}\x1b[J${table(rows)}\n`);
      this.#lines = rows.length;
    } else if (snapshot.elapsedSeconds - this.#told >= LINE_EVERY_SECONDS) {
      this.#told = snapshot.elapsedSeconds;
      this.#out.write(`${rows.map(([name, value]) => `${name} ${value}`).join('  ')}\n`);
    }
  };
}

function snapshotRows(snapshot: Snapshot): [string, string][] {
  const { phase, elapsedSeconds, connected, ended, perSecond, p50, p99, loopDelayMs, cpu } = snapshot;
  return [
    ['phase', `${phase} ${elapsedSeconds} s`],
    ['clients', `${connected}${ended > 0 ? `, ${ended} ended` : ''}`],
    ['deliveries', `${count(perSecond)}/s`],
    ['latency', `p50 ${p50 ?? '–'} ms, p99 ${p99 ?? '–'} ms`],
    ['load process', `loop ${loopDelayMs} ms, CPU ${Math.round(cpu * 100)} %`],
  ];
}

export function report(result: LoadResult): string {
  const { clients, deliveries, latencyMs, connectMs, checked, self, stalledEnds } = result;
  const { against } = checked;
  const events = against
    ? `${count(against.expected)} expected, ${against.lost} lost, ${against.told} told as gaps, ${against.foreign} not in the log`
    : 'not compared with Kafka (give --brokers)';
  const rows: [string, string][] = [
    ['clients', `${clients.welcomed} of ${clients.asked} connected`],
    [
      'deliveries',
      `${count(deliveries.perSecond)}/s over ${result.seconds} s, ${count(deliveries.bytesPerSecond)} B/s`,
    ],
    ['latency', `p50 ${latencyMs.p50} ms, p90 ${latencyMs.p90} ms, p99 ${latencyMs.p99} ms, max ${latencyMs.max} ms`],
    ['connect', `p50 ${connectMs.p50} ms, p99 ${connectMs.p99} ms`],
    ['events', events],
    ['checked', `${checked.clients} clients: ${checked.repeated} repeated, ${checked.disordered} out of order`],
    ['short', `${result.short} of the counting clients`],
    ['ends', counts(result.ends)],
    ...(clients.stalled > 0 ? [['stalled', counts(stalledEnds)] as [string, string]] : []),
    ...(against?.examples ?? []).map((example): [string, string] => ['lost', example]),
    ...self.bottleneck.map((reason): [string, string] => ['BOTTLENECK', `${reason}: the figures are this tool's`]),
    ['result', result.ok ? 'ok' : 'NOT ok'],
  ];
  return table(rows);
}

function table(rows: readonly [string, string][]): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`).join('\n');
}

function counts(of: Record<string, number>): string {
  const all = Object.entries(of).map(([how, times]) => `${how} × ${times}`);
  return all.length > 0 ? all.join(', ') : 'none';
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
