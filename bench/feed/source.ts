/** Records into Kafka from a process of its own, which says whether it keeps up itself. */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { endWith } from './process.ts';

const PROGRAM = fileURLToPath(new URL('peers/source.ts', import.meta.url));

export interface SourceReport {
  /** Records that Kafka has. */
  readonly sent: number;
  readonly ms: number;
  /** How long ago the next one was due. */
  readonly behindMs: number;
  /** Cores. */
  readonly cpu: number;
}

export interface Flow {
  /** Records a second; 0: as fast as they go. */
  readonly perSecond: number;
  readonly count: number;
  readonly tokens: number;
}

export class Source {
  report: SourceReport = { sent: 0, ms: 0, behindMs: 0, cpu: 0 };
  readonly #child: ChildProcess;

  constructor(broker: string, { perSecond, count, tokens }: Flow) {
    this.#child = fork(PROGRAM, [broker, perSecond, count, tokens].map(String));
    endWith(this.#child);
    this.#child.on('message', (report: SourceReport) => {
      this.report = report;
    });
  }

  /** Resolves when Kafka has all of it. */
  async done(): Promise<SourceReport> {
    const [code] = await once(this.#child, 'exit');
    if (code !== 0) throw new Error(`the source of records ended with ${code}`);
    return this.report;
  }

  stop(): void {
    this.#child.kill('SIGKILL');
  }
}
