/** A host that is this machine: programs run under a local sh, as whoever runs the tests, in place of ssh and sudo. */

import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import type { Host, Inventory } from '#engine/inventory/inventory.ts';
import { AnswerReader, compile, hearing, type Piece } from '#engine/program.ts';
import { lineReporter } from '#engine/report/reporter.ts';
import type { Controller } from '#engine/resource.ts';
import { Connection, type ExecuteOptions, type Execution, lastLines } from '#engine/transport/connection.ts';
import { temporaryFolder } from './folder.ts';
import { inventoryOf } from './inventory.ts';
import { plain } from './plain.ts';
import { runText } from './shell.ts';

const ONE_HOST = `
provider: sandbox
hosts:
  box: { groups: [backend] }
network: {}
`;

const LOGS = temporaryFolder();

export class LocalConnection extends Connection {
  /** The pieces of each execution, by id. */
  readonly history: string[][] = [];
  /** Stands in for /var/log/odin. */
  readonly log = mkdtempSync(join(LOGS, 'host-'));
  /** Cuts the connection: the program is killed before the piece of this id begins. */
  cutBefore: string | undefined;

  override async execute(pieces: readonly Piece[], options: ExecuteOptions): Promise<Execution> {
    this.executions += 1;
    this.history.push(pieces.map(({ id }) => id));
    const { text, nonce } = compile(pieces);
    const reader = new AnswerReader(nonce, options.onBegin, hearing(pieces, options.onEnd));
    const cut = this.cutBefore ? new RegExp(`^[a-z] ${this.cutBefore} `, 'm') : undefined;
    const whole = text.replaceAll('/var/log/odin', this.log);
    const program = cut ? whole.replace(cut, (line) => `kill -9 $$\n${line}`) : whole;
    const { stderr } = await runText(
      program,
      (chunk) => reader.push(chunk),
      pieces.flatMap(({ input = [] }) => input),
    );
    const unfinished = reader.unfinished();
    return { answers: reader.answers, stderr: lastLines(stderr), ...(unfinished ? { unfinished } : {}) };
  }
}

export interface LocalHost {
  host: Host;
  inventory: Inventory;
  connection: LocalConnection;
  controller: Controller;
  /** What was reported, a line each, without durations. */
  lines: string[];
}

/** `box ✓ demo: 3 changed`: without colours, columns and durations. */
function withoutTime(line: string): string {
  return plain(line)
    .trim()
    .replace(/^(\S+) +/, '$1 ')
    .replace(/ {2}[\d.]+ s$/, '');
}

/** One host, and a controller that delivers nothing. */
export function localHost(): LocalHost {
  const inventory = inventoryOf(ONE_HOST, 'here', {});
  const [host] = inventory.hosts;
  if (!host) throw new Error('no host');
  const lines: string[] = [];
  const report = lineReporter((line) => lines.push(withoutTime(line)), false);
  const nothing = (): Promise<never> => Promise.reject(new Error('not here'));
  const controller: Controller = {
    inventory,
    report,
    socket: nothing,
    tunnel: nothing,
    deliver: nothing,
    secret: nothing,
  };
  return {
    host,
    inventory,
    connection: new LocalConnection(host, inventory.access, 'here', '/dev/null'),
    controller,
    lines,
  };
}
