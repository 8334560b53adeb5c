import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { factsPiece } from '#engine/facts.ts';
import { probePieces } from '#engine/plan.ts';
import { compile, type Piece } from '#engine/program.ts';
import { remoteCommand } from '#engine/transport/remote-command.ts';
import type { Lab, Target } from './lab.ts';
import { timed } from './measure.ts';
import { Ssh } from './plain-ssh.ts';
import { resourceOf } from './role.ts';
import type { Item } from './workload.ts';

const DEADLINE_S = 120;
/** The last mark of a program that came to its end. */
const COMPLETE = /^@\w+ done$/m;

function probeOf(items: readonly Item[]): Piece[] {
  const wanted = items.map((item) => ({ role: 'bench', play: 0, resource: resourceOf(item) }));
  return [factsPiece, ...probePieces(wanted, { diff: false })];
}

/** The kit's probe of these resources as one remote command. */
export function probeCommand(items: readonly Item[]): string {
  const program = compile(probeOf(items));
  const { command } = remoteCommand(program, 'root', { deadlineSeconds: DEADLINE_S, secret: false });
  return `${command} ${program.nonce}`;
}

/** What no tool of this shape can be faster than: the probe that the kit compiles, by plain ssh, and a Node that starts. */
export class Floor {
  private readonly program: string;
  private readonly argument: string;
  private readonly nothing: string;
  private readonly ssh: Ssh;

  constructor(folder: string, lab: Lab, targets: readonly Target[], items: readonly Item[]) {
    this.ssh = new Ssh(folder, 'f', lab.identity, targets);
    const { text } = compile(probeOf(items));
    this.program = join(folder, 'probe.sh');
    writeFileSync(this.program, text);
    this.nothing = join(folder, 'nothing.mjs');
    writeFileSync(this.nothing, '');
    this.argument = probeCommand(items);
  }

  /** `node -e 0`, then `ssh host sh <program`. */
  probe(target: Target): Promise<number> {
    return this.after('node -e 0 && exec "$@" <"$PROGRAM"', this.ssh.command(target, 'sh'));
  }

  /**
   * The same with the program in the argument, as the kit sends it: a round trip less. After Node, or after zx with a script
   * that does nothing.
   */
  packed(target: Target, start: 'node' | 'zx' = 'node'): Promise<number> {
    const begin = start === 'zx' ? 'zx "$NOTHING"' : 'node -e 0';
    return this.after(`${begin} && exec "$@" </dev/null`, this.ssh.command(target, this.argument));
  }

  disconnect(): Promise<void> {
    return this.ssh.disconnect();
  }

  private after(script: string, command: readonly string[]): Promise<number> {
    const env = { PROGRAM: this.program, NOTHING: this.nothing };
    return timed({ argv: ['sh', '-c', script, 'sh', ...command], env, says: COMPLETE });
  }
}
