import { spawn } from 'node:child_process';
import { KitError } from '#engine/errors.ts';
import { lastLines } from '#engine/local/command.ts';
import { median } from '../bench.ts';

/** A run that takes longer is not a measurement any more. */
const RUN_MS = 300_000;

/** A command of this machine, with what its environment has besides this process's. */
export interface Invocation {
  argv: readonly string[];
  env?: Readonly<Record<string, string>>;
  cwd?: string;
  /** The exit statuses that it may end with. */
  statuses?: readonly number[];
  /** What its output must say, so that a tool that did nothing, or too much, is not taken for a fast one. */
  says?: RegExp;
}

/** Runs a command to its end. Returns its seconds. Throws with its last lines where it did not do what was asked. */
export async function timed(run: Invocation): Promise<number> {
  const { argv, env = {}, cwd, statuses = [0], says } = run;
  const [program = '', ...args] = argv;
  const began = performance.now();
  const child = spawn(program, args, { env: { ...process.env, ...env }, cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  const timer = setTimeout(() => child.kill('SIGKILL'), RUN_MS);
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  // Not 'close': a connection that stays behind may hold the output open.
  const ended = await new Promise<number | null>((resolve, reject) => child.on('exit', resolve).on('error', reject));
  const seconds = (performance.now() - began) / 1000;
  clearTimeout(timer);
  await new Promise((resolve) => setImmediate(resolve));
  if (ended !== null && statuses.includes(ended) && (!says || says.test(output))) return seconds;
  throw new KitError('internal', `a contender did not do what was asked: status ${ended}`, {
    host: 'local',
    command: argv.join(' '),
    lastLines: lastLines(output),
  });
}

/** One of those that are compared. */
export interface Contender {
  name: string;
  /** What must be so before the run and is no part of it: a connection that is live, or none. */
  prepare?(): Promise<unknown>;
  run(): Promise<number>;
  /** Runs in every round, unless it is a slow one that needs fewer. */
  rounds?: number;
}

/** Seconds of every round, by contender. A contender that sat a round out has a hole there. */
export type Rounds = ReadonlyMap<string, readonly (number | undefined)[]>;

/** Everyone once, then everyone once more: what else the machine does falls on all of them alike. */
export async function interleave(
  rounds: number,
  contenders: readonly Contender[],
  onRound: (round: number) => void = () => {},
): Promise<Rounds> {
  const results = new Map<string, (number | undefined)[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    onRound(round);
    for (const { name, prepare, run, rounds: own = rounds } of contenders) {
      if (round < own) await prepare?.();
      results.get(name)?.push(round < own ? await run() : undefined);
    }
  }
  return results;
}

/** The median of a contender's seconds. */
export function secondsOf(rounds: Rounds, name: string): number {
  return median((rounds.get(name) ?? []).filter((value) => value !== undefined));
}

/** How many times as long `a` took as `b`, round by round: the median of the ratios. */
export function ratioOf(rounds: Rounds, a: string, b: string): number {
  const [left = [], right = []] = [rounds.get(a), rounds.get(b)];
  return median(
    left.flatMap((value, i) => {
      const other = right[i];
      return value === undefined || other === undefined ? [] : [value / other];
    }),
  );
}
