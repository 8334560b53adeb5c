/**
 * What it costs 2,000 clients that 3,000 others come back with cursors, 300 a second, each to be sent from memory what it
 * missed for five to fifteen seconds. Beside it what it costs that as many come without a cursor.
 */

import type { Reporter } from '#engine/report/reporter.ts';
import { runLoad } from '../../apps/loadtest/run.ts';
import { atLeast, atMost, type Goal, measured } from '../bench.ts';
import { Subject } from './subject.ts';
import { ratio } from './trials.ts';

const ROUNDS = 3;
const STEADY = { clients: 2_000, tokens: 20, offered: 10_000, burst: 1 };
const BACK = { clients: 3_000, tokens: STEADY.tokens };
const BACK_PER_SECOND = 300;
const SECONDS = BACK.clients / BACK_PER_SECOND;
const AWAY_SECONDS = 5;

const CASES = { nobody: 'nobody comes', new: '3,000 come without a cursor', back: '3,000 come back' } as const;
type Case = keyof typeof CASES;

interface ResumeTrial {
  readonly p99: number;
  readonly welcomed: number;
}

/** Where the stream is now, as a client is told when it connects. */
async function cursorOf(subject: Subject): Promise<string> {
  const { target } = subject.plan(BACK);
  const socket = new WebSocket(`ws://${target.host}${target.path}`);
  const welcome = await new Promise<string>((resolve, reject) => {
    socket.onmessage = ({ data }) => resolve(String(data));
    socket.onerror = () => reject(new Error('no cursor: the server does not answer'));
  });
  socket.close();
  const { cursor } = (JSON.parse(welcome) as { data: { cursor?: string } }).data;
  if (!cursor) throw new Error(`no cursor in ${welcome}`);
  return cursor;
}

async function trial(kind: Case, report: Reporter): Promise<ResumeTrial> {
  const subject = await Subject.start('ours');
  try {
    let cursor = '';
    let frames = 0;
    let welcomed = 0;
    const come = async () => {
      const plan = subject.plan(BACK);
      const query = kind === 'back' ? `${plan.query}&cursor=${cursor}` : plan.query;
      const came = await runLoad({
        plan: { ...plan, query, ramp: BACK_PER_SECOND, workers: 1 },
        seconds: 1,
        settleSeconds: 0,
        brokers: [],
        onSnapshot: (snapshot) => {
          frames = snapshot.frames;
        },
      });
      ({ welcomed } = came.clients);
    };
    const result = await subject.run({
      ...STEADY,
      seconds: SECONDS,
      warm: AWAY_SECONDS,
      onWarm: async () => {
        cursor = await cursorOf(subject);
      },
      ...(kind !== 'nobody' && { onMeasure: come }),
    });
    const { p99, cpu, perSecond, load } = result;
    const { bottleneck } = load.self;
    report.lines(
      `  ${CASES[kind].padEnd(28)} others ${perSecond}/s, p50 ${load.latencyMs.p50} ms, p99 ${p99} ms, CPU ${cpu.toFixed(2)}${kind === 'nobody' ? '' : `; ${welcomed} came, ${frames} messages`}${bottleneck.length > 0 ? `  LOAD GENERATOR: ${bottleneck.join('; ')}` : ''}`,
    );
    return { p99, welcomed };
  } finally {
    await subject.stop();
  }
}

export async function resuming(report: Reporter): Promise<Goal[]> {
  const found: Record<Case, ResumeTrial[]> = { nobody: [], new: [], back: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const kind of ['nobody', 'new', 'back'] as const) found[kind].push(await trial(kind, report));
  }
  const p99 = (kind: Case) => found[kind].map((each) => each.p99);
  return [
    atMost('3,000 resume, 300 a second: p99 of the others', ratio(p99('back'), p99('nobody')), 1.2, '×'),
    measured('3,000 resume: p99 of the others', ratio(p99('back'), p99('new')), '× of as many who come anew'),
    atLeast('3,000 resume: resumed', Math.min(...found.back.map(({ welcomed }) => welcomed)), BACK.clients, 'clients'),
  ];
}
