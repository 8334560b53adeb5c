/** The publisher against the bare library, and against its own promise: a declared rate is held. Kafka is a real one. */

import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Reporter } from '#engine/report/reporter.ts';
import { freePort } from '#fleet/dev/broker.ts';
import { startKafka } from '../../tests/support/kafka.ts';
import { until } from '../../tests/support/wait.ts';
import { atLeast, atMost, type Goal, median } from '../bench.ts';
import { cpuSeconds, end, startPinned } from './process.ts';

const ROUNDS = 3;
const RATE = 5_000;
const SECONDS = 8;
const WARM_SECONDS = 3;
const RATES = [50, 1_000, 5_000];
const APP = fileURLToPath(new URL('../../apps/publisher/main.ts', import.meta.url));
const BARE = fileURLToPath(new URL('peers/bare-producer.ts', import.meta.url));

interface Publisher {
  readonly pid: number;
  readonly published: () => Promise<number>;
  readonly rate: (rate: number) => Promise<void>;
  readonly stop: () => Promise<void>;
}

async function startPublisher(broker: string): Promise<Publisher> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const STATE_DIR = await mkdtemp(join(tmpdir(), 'odin-bench-'));
  const env = { PORT: String(port), HOST: '127.0.0.1', KAFKA_BROKERS: broker, STATE_DIR, LOG_LEVEL: 'error' };
  const child = startPinned(process.execPath, [APP], env);
  await until('the publisher answers', async () => (await fetch(`${url}/status`)).ok);
  const post = async (path: string, body: unknown) => {
    const answer = await fetch(url + path, { method: 'POST', body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  };
  await post('/start', { rate: RATE, tokenIds: ['BTC', 'ETH', 'SOL'] });
  return {
    pid: child.pid ?? 0,
    rate: (rate) => post('/rate', { rate }),
    async published() {
      const text = await (await fetch(`${url}/metrics`)).text();
      const lines = [...text.matchAll(/^\w*published_total(?:\{.*?\})? (\S+)$/gm)];
      return lines.reduce((sum, [, value]) => sum + Number(value), 0);
    },
    async stop() {
      await end(child);
      await rm(STATE_DIR, { recursive: true, force: true });
    },
  };
}

/** Events a second, and for each CPU second, over some seconds of now. */
async function watch({ pid, published }: Publisher, seconds: number) {
  const before = { events: await published(), cpu: cpuSeconds(pid), at: performance.now() };
  await sleep(seconds * 1000);
  const events = (await published()) - before.events;
  const elapsed = (performance.now() - before.at) / 1000;
  return { perSecond: events / elapsed, perCpuSecond: events / (cpuSeconds(pid) - before.cpu) };
}

export async function publisher(report: Reporter): Promise<Goal[]> {
  const kafka = await startKafka();
  const ours: number[] = [];
  const bare: number[] = [];
  let worst = 0;
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      const running = await startPublisher(kafka.address);
      await sleep(WARM_SECONDS * 1000);
      const seen = await watch(running, SECONDS);
      await running.stop();
      const args = ['-c', '0', process.execPath, BARE, kafka.address, String(RATE), String(SECONDS)];
      const { stdout } = await promisify(execFile)('taskset', args);
      const { sent, cpuSeconds: used } = JSON.parse(stdout) as { sent: number; cpuSeconds: number };
      ours.push(seen.perCpuSecond);
      bare.push(sent / used);
      report.lines(
        `  publisher ${Math.round(seen.perCpuSecond)} events for a CPU second, bare ${Math.round(sent / used)}`,
      );
    }
    const running = await startPublisher(kafka.address);
    for (const rate of RATES) {
      await running.rate(rate);
      await sleep(WARM_SECONDS * 1000);
      const { perSecond } = await watch(running, 10);
      worst = Math.max(worst, Math.abs(perSecond / rate - 1) * 100);
      report.lines(`  publisher declared ${rate}/s, published ${perSecond.toFixed(1)}/s`);
    }
    await running.stop();
  } finally {
    await kafka.remove();
  }
  return [
    atLeast('publisher against the bare library, events per CPU second', median(ours) / median(bare), 0.9, '×'),
    atMost('publisher: furthest from its declared rate', worst, 1, '%'),
  ];
}
