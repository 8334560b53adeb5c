import { resolve } from 'node:path';
import type { Reporter } from '#engine/report/reporter.ts';
import { atLeast, atMost, type Goal } from '../bench.ts';
import { Ansible, type Flavour } from './ansible.ts';
import type { Competitors } from './competitors.ts';
import { Floor } from './floor.ts';
import type { Lab, Target } from './lab.ts';
import { type Contender, interleave, ratioOf } from './measure.ts';
import { Ours, PLAY } from './ours.ts';
import { Pyinfra } from './pyinfra.ts';
import { table } from './table.ts';
import { BLOCK, BLOCKS, workload } from './workload.ts';

/** How often each comparison is made. */
export interface Counts {
  /** Nothing to change, over connections that are there. */
  live: number;
  /** The same, logging in anew. */
  cold: number;
  /** Something to change. */
  first: number;
  /** What is over in less than a second. */
  quick: number;
  /** Ansible as it comes, which takes by far the longest, in each table. */
  slowest: number;
}

const FLAVOURS: readonly Flavour[] = ['mitogen', 'pipelined', 'ansible'];
const SCRIPT = resolve(import.meta.dirname, '../../scripts/deploy.mjs');

/** One host, near and far: the kit against the others, against the floor, and against ten times as much of itself. */
export class Single {
  private readonly ours: Ours;
  private readonly floor: Floor;
  private readonly ansible: ReadonlyMap<Flavour, Ansible>;
  private readonly pyinfra: Pyinfra;
  private readonly lab: Lab;
  private readonly report: Reporter;
  private readonly counts: Counts;

  constructor(
    folder: string,
    lab: Lab,
    tools: Competitors,
    targets: readonly Target[],
    counts: Counts,
    report: Reporter,
  ) {
    this.lab = lab;
    this.report = report;
    this.counts = counts;
    this.ours = new Ours(folder, lab);
    this.floor = new Floor(folder, lab, targets, workload(1));
    this.pyinfra = new Pyinfra(folder, lab, tools, targets);
    this.pyinfra.declare(workload(1));
    this.ansible = new Map(FLAVOURS.map((name) => [name, new Ansible(folder, name, lab, tools, targets)]));
    for (const each of this.ansible.values()) each.declare(workload(1));
  }

  /** These figures at one distance. */
  async measure(target: Target, roundTripMs: number, wanted: ReadonlySet<string>): Promise<Goal[]> {
    const env = `rtt-${roundTripMs}`;
    const at = `${roundTripMs} ms`;
    this.ours.declare(env, [target], { blocks: 1, services: true });
    this.ours.declare(`${env}-large`, [target], { blocks: BLOCKS, services: true });
    await this.ours.converge(env);
    return [
      ...(wanted.has('first') ? await this.first(env, target, at) : []),
      ...(wanted.has('tools') ? await this.tools(env, target, at) : []),
      ...(wanted.has('floor') ? await this.bare(env, target, at) : []),
      ...(wanted.has('sizes') ? await this.sizes(env, at) : []),
    ];
  }

  /** A host that has nothing of it yet. Everything is there afterwards. */
  private async first(env: string, target: Target, at: string): Promise<Goal[]> {
    const ansible = this.ansible.get('pipelined') as Ansible;
    const reset = async (): Promise<void> => {
      await this.lab.reset();
      await ansible.connect(target);
    };
    await reset();
    await this.ours.deploy(env);
    const rounds = await interleave(this.counts.first, [
      { name: 'pipelined', prepare: reset, run: () => ansible.deploy(target) },
      { name: 'ours', prepare: reset, run: () => this.ours.deploy(env) },
    ]);
    this.report.lines(table(`first deploy, ${BLOCK} resources, ${at}`, rounds, 'ours'));
    return [atLeast(`first deploy against pipelined Ansible, ${at}`, ratioOf(rounds, 'pipelined', 'ours'), 5, '×')];
  }

  /** Nothing to change, beside the others. */
  private async tools(env: string, target: Target, at: string): Promise<Goal[]> {
    const counts = this.counts;
    const live = this.contenders(env, target, async (connect) => void (await connect()));
    const warm = await interleave(counts.live, withRounds(live, 'ansible', counts.slowest));
    this.report.lines(table(`nothing to change, ${BLOCK} resources, ${at}, live connections`, warm, 'ours'));
    const anew = this.contenders(env, target, (_connect, disconnect) => disconnect());
    const cold = await interleave(counts.cold, withRounds(anew, 'ansible', counts.slowest));
    this.report.lines(table(`nothing to change, ${BLOCK} resources, ${at}, logging in anew`, cold, 'ours'));
    return [
      atLeast(`against Ansible with pipelining, ${at}`, ratioOf(warm, 'pipelined', 'ours'), 20, '×'),
      atLeast(`against Mitogen, ${at}`, ratioOf(warm, 'mitogen', 'ours'), 8, '×'),
      atLeast(`against pyinfra, ${at}`, ratioOf(warm, 'pyinfra', 'ours'), 6, '×'),
    ];
  }

  /** Everyone, with what must precede each run. pyinfra keeps no connection. */
  private contenders(
    env: string,
    target: Target,
    prepare: (connect: () => Promise<unknown>, disconnect: () => Promise<void>) => Promise<void>,
  ): Contender[] {
    return [
      {
        name: 'ours',
        prepare: () =>
          prepare(
            () => this.ours.noOp(env),
            () => this.ours.disconnect(),
          ),
        run: () => this.ours.noOp(env),
      },
      { name: 'pyinfra', run: () => this.pyinfra.noOp(target) },
      ...[...this.ansible].map(([name, ansible]) => ({
        name,
        prepare: () =>
          prepare(
            () => ansible.connect(target),
            () => ansible.disconnect(),
          ),
        run: () => ansible.noOp(target),
      })),
    ];
  }

  /** Nothing to change, beside nothing but the probe. */
  private async bare(env: string, target: Target, at: string): Promise<Goal[]> {
    const { ours, floor, counts } = this;
    const live: Contender[] = [
      { name: 'ours', run: () => ours.noOp(env) },
      { name: 'bare probe + node', run: () => floor.probe(target) },
      { name: 'bare probe in argv + node', run: () => floor.packed(target) },
      { name: 'ours by zx', run: () => ours.byZx(env) },
      // What a script of zx cannot be faster than: zx takes longer to start than Node.
      { name: 'bare probe in argv + zx', run: () => floor.packed(target, 'zx') },
      // Where the rest goes: what a script takes until it has read its flags.
      { name: 'start of the bench script', run: () => ours.start(['node', PLAY]) },
      { name: 'start of scripts/deploy.mjs', run: () => ours.start(['node', SCRIPT]) },
    ];
    for (const { run } of live) await run();
    const warm = await interleave(counts.quick, live);
    this.report.lines(table(`the floor, ${at}, live connections`, warm, 'ours'));
    const cold = await interleave(
      counts.live,
      live.slice(0, 3).map((each) => ({
        ...each,
        prepare: () => Promise.all([ours.disconnect(), floor.disconnect()]),
      })),
    );
    this.report.lines(table(`the floor, ${at}, logging in anew`, cold, 'ours'));
    return [
      atMost(`against the bare probe + node, ${at}`, ratioOf(warm, 'ours', 'bare probe + node'), 1.3, '×'),
      atMost(`the same, logging in anew, ${at}`, ratioOf(cold, 'ours', 'bare probe + node'), 1.3, '×'),
    ];
  }

  /** Ten times as much on the same host. */
  private async sizes(env: string, at: string): Promise<Goal[]> {
    const { ours, counts } = this;
    await ours.converge(`${env}-large`);
    const sizes = await interleave(counts.quick, [
      { name: `${BLOCK} resources`, run: () => ours.noOp(env) },
      { name: `${BLOCK * BLOCKS} resources`, run: () => ours.noOp(`${env}-large`) },
    ]);
    this.report.lines(table(`the kit, ${at}, live connections`, sizes, `${BLOCK} resources`));
    const growth = ratioOf(sizes, `${BLOCK * BLOCKS} resources`, `${BLOCK} resources`);
    return [atMost(`${BLOCK} → ${BLOCK * BLOCKS} resources, ${at}`, growth, 1.3, '×')];
  }

  async close(): Promise<void> {
    const all = [this.ours, this.floor, ...this.ansible.values()];
    await Promise.all(all.map((each) => each.disconnect()));
  }
}

/** One of them need not run in every round. */
function withRounds(contenders: readonly Contender[], name: string, rounds: number): Contender[] {
  return contenders.map((each) => (each.name === name ? { ...each, rounds } : each));
}
