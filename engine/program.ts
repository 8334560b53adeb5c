import { randomBytes } from 'node:crypto';
import { quote } from './shell.ts';

/** A piece of a program: one script whose exit status and output come back under its id. */
export interface Piece {
  id: string;
  /** POSIX sh. */
  script: string;
  /** After this many seconds the piece is ended and answers 124, or 137 where it did not listen. */
  timeoutSeconds: number;
  /** Pieces after a failed `must` piece do not run: they are missing from the answer. */
  must?: boolean;
}

/** What a piece answered. */
export interface Answer {
  id: string;
  /** Exit status; 124 when its time was up, 137 when it had to be killed for that. */
  status: number;
  /** Standard output, and for `must` pieces standard error too. */
  output: string;
}

/** Whether a piece was ended because its time was up. */
export function timedOut({ status }: Answer): boolean {
  return status === 124 || status === 137;
}

/** A compiled program: POSIX sh text, and the nonce that its frames carry. */
export interface Program {
  text: string;
  nonce: string;
}

const NONCE_BYTES = 9;

/**
 * Compiles pieces into one program for one remote execution. Every answer is framed with a nonce that noise (a login
 * banner, a tool's warning) cannot know; every piece has its own timeout, so that one hung tool spoils one answer.
 * `guard` is shell that defines `fenced`: it is asked before every `must` piece, and what it refuses does not run.
 */
export function compile(pieces: readonly Piece[], guard?: string): Program {
  const nonce = randomBytes(NONCE_BYTES).toString('hex');
  const lines = [
    `N=${nonce}`,
    // A trailing newline before the end mark keeps it at the start of a line.
    'b() { printf "\\n@%s begin %s\\n" "$N" "$1"; }',
    'e() { r=$?; printf "\\n@%s end %s %s\\n" "$N" "$1" "$r"; return "$r"; }',
    // $1 id, $2 seconds, $3 script. The script of a change goes through a pipe: it may hold a secret, which an argument
    // would show in `ps`, or a file, which an argument of 128 KiB may not hold. A probe saves the extra fork.
    'p() { b "$1"; timeout -k 2 "$2" sh -c "$3"; e "$1"; }',
    ...(guard ? [guard] : ['fenced() { :; }']),
    'm() { b "$1"; fenced || { e "$1"; return 1; }; printf %s "$3" | timeout -k 2 "$2" sh -c "exec 2>&1; . /dev/fd/3" 3<&0 </dev/null; e "$1"; }',
    ...pieces.map(({ id, script, timeoutSeconds, must }) =>
      must
        ? `m ${quote(id)} ${timeoutSeconds} ${quote(script)} || exit 0`
        : `p ${quote(id)} ${timeoutSeconds} ${quote(script)}`,
    ),
    'exit 0',
  ];
  return { text: lines.join('\n'), nonce };
}

/** Reads answers out of a program's output while it runs. */
export class AnswerReader {
  readonly answers = new Map<string, Answer>();
  private readonly mark: string;
  private readonly onBegin: (id: string) => void;
  private readonly onEnd: (answer: Answer) => void;
  private pending = '';
  private open: { id: string; lines: string[] } | undefined;

  constructor(nonce: string, onBegin: (id: string) => void = () => {}, onEnd: (answer: Answer) => void = () => {}) {
    this.mark = `@${nonce} `;
    this.onBegin = onBegin;
    this.onEnd = onEnd;
  }

  push(chunk: string): void {
    const lines = (this.pending + chunk).split('\n');
    this.pending = lines.pop() ?? '';
    for (const line of lines) this.line(line);
  }

  /** What the piece that is still running has printed so far. */
  unfinished(): { id: string; output: string } | undefined {
    return this.open && { id: this.open.id, output: [...this.open.lines, this.pending].join('\n') };
  }

  private line(line: string): void {
    if (!line.startsWith(this.mark)) {
      this.open?.lines.push(line);
      return;
    }
    const [verb, id = '', status] = line.slice(this.mark.length).split(' ');
    if (verb === 'begin') {
      this.open = { id, lines: [] };
      this.onBegin(id);
    } else if (verb === 'end' && this.open?.id === id) {
      // The end mark's own leading newline is not the piece's.
      const output = this.open.lines.at(-1) === '' ? this.open.lines.slice(0, -1) : this.open.lines;
      const answer = { id, status: Number(status), output: output.join('\n') };
      this.answers.set(id, answer);
      this.open = undefined;
      this.onEnd(answer);
    }
  }
}
