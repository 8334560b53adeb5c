import { performance } from 'node:perf_hooks';
import type { Reporter } from '#engine/report/reporter.ts';
import { atMost, type Goal } from '../bench.ts';
import { probeCommand } from './floor.ts';
import type { Lab, Target } from './lab.ts';
import { interleave, ratioOf, secondsOf, timed } from './measure.ts';
import { Ours } from './ours.ts';
import { Ssh } from './plain-ssh.ts';
import { table } from './table.ts';
import { workload } from './workload.ts';

const HOSTS = 16;
const PEAK_RUNS = 3;

/** Many hosts at once: the kit against nothing but the logins. */
export class Fleet {
  private readonly folder: string;
  private readonly lab: Lab;
  private readonly report: Reporter;
  private readonly ours: Ours;
  private near: Target[] = [];
  private readonly plain: Ssh[] = [];

  constructor(folder: string, lab: Lab, report: Reporter) {
    this.folder = folder;
    this.lab = lab;
    this.report = report;
    this.ours = new Ours(folder, lab);
  }

  async boot(): Promise<void> {
    this.near = await this.lab.bootFleet(HOSTS);
  }

  /** A run that changes nothing on all hosts, beside `ssh true` on all of them at once. */
  async measure(roundTripMs: number, rounds: number): Promise<Goal[]> {
    const at = `${roundTripMs} ms`;
    const targets = await Promise.all(this.near.map((target) => this.lab.from(target, roundTripMs)));
    const ssh = new Ssh(this.folder, `h${roundTripMs}`, this.lab.identity, targets);
    this.plain.push(ssh);
    const [all, one] = [`fleet-${roundTripMs}`, `lone-${roundTripMs}`];
    this.ours.declare(all, targets, { blocks: 1, services: false });
    this.ours.declare(one, targets.slice(0, 1), { blocks: 1, services: false });
    await this.ours.converge(all);
    const onAll = async (command: string): Promise<number> => {
      const began = performance.now();
      await Promise.all(targets.map((target) => timed({ argv: ssh.command(target, command) })));
      return (performance.now() - began) / 1000;
    };
    const probe = probeCommand(workload(1, false));
    const name = `ssh true on ${HOSTS}`;
    const contenders = [
      { name: `${HOSTS} hosts`, run: () => this.ours.noOp(all) },
      { name, run: () => onAll('true') },
      // All hosts are this machine: what their probes cost it, without any tool.
      { name: `bare probe on ${HOSTS}`, run: () => onAll(probe) },
      { name: '1 host', run: () => this.ours.noOp(one) },
    ];
    for (const { run } of contenders) await run();
    const live = await interleave(rounds, contenders);
    this.report.lines(table(`${HOSTS} hosts, ${at}, live connections`, live, name));
    const disconnect = (): Promise<unknown> => Promise.all([this.ours.disconnect(), ssh.disconnect()]);
    const cold = await interleave(
      rounds,
      contenders.map((each) => ({ ...each, prepare: disconnect })),
    );
    this.report.lines(table(`${HOSTS} hosts, ${at}, logging in anew`, cold, name));
    const more = (secondsOf(live, `${HOSTS} hosts`) - secondsOf(live, '1 host')) / secondsOf(live, name);
    this.report.lines(`\n  ${HOSTS - 1} hosts more cost ${more.toFixed(2)} × ${name}, live`);
    return [
      atMost(
        `${HOSTS} hosts against ssh true on all, logging in, ${at}`,
        ratioOf(cold, `${HOSTS} hosts`, name),
        1.5,
        '×',
      ),
      atMost(`${HOSTS} hosts against ssh true on all, live, ${at}`, ratioOf(live, `${HOSTS} hosts`, name), 1.5, '×'),
    ];
  }

  /** The most memory that the controller had. */
  async memory(): Promise<Goal[]> {
    const all = 'fleet';
    this.ours.declare(all, this.near, { blocks: 1, services: false });
    await this.ours.converge(all);
    const peaks: number[] = [];
    for (let i = 0; i < PEAK_RUNS; i += 1) peaks.push(await this.ours.peak(all));
    return [atMost(`memory of the controller for ${HOSTS} hosts`, Math.max(...peaks), 150, 'MiB')];
  }

  async close(): Promise<void> {
    await Promise.all([this.ours, ...this.plain].map((each) => each.disconnect()));
  }
}
