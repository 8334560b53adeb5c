import { randomBytes } from 'node:crypto';
import type { Content } from './content.ts';
import { HOST_TIME, quote } from './shell.ts';

/** A piece of a program: one script whose exit status and output come back under its id. */
export interface Piece {
  id: string;
  /** POSIX sh. */
  script: string;
  /** After this many seconds the piece is ended and answers 124, or 137 where it did not listen. */
  timeoutSeconds: number;
  /** Pieces after a failed `must` piece do not run: they are missing from the answer. */
  must?: boolean;
  /**
   * Only looks, and is over in no time as a rule. Such pieces share one process while nothing hangs; where one does, all of
   * them run again, each with its own time.
   */
  quick?: boolean;
  /**
   * What the script reads from descriptor {@link INPUT_FD}: exactly these bytes, one content after the other. Only for
   * `must` pieces: one that leaves its input unread must end the program, for the next one's follows on the same stream.
   */
  input?: readonly Content[];
  /**
   * Only for `must` pieces: shell that puts the piece on record, right after it has ended, whether well or not. It finds
   * the exit status in `$r` and the host's time in `$t`; the answer carries that time once it is written.
   */
  record?: string;
  /** Told when the piece has answered. */
  heard?(answer: Answer): void;
}

/** What a piece answered. */
export interface Answer {
  id: string;
  /** Exit status; 124 when its time was up, 137 when it had to be killed for that. */
  status: number;
  /** Standard output, and for `must` pieces standard error too. */
  output: string;
  /** When its {@link Piece.record} was written, by the host's clock. */
  at?: string;
}

/** Whether a piece was ended because its time was up. */
export function timedOut({ status }: Answer): boolean {
  return status === 124 || status === 137;
}

/** A compiled program. */
export interface Program {
  /** POSIX sh that finds the nonce of its frames in `$N`. The same pieces give the same body. */
  body: string;
  nonce: string;
  /** The body with its nonce. */
  text: string;
}

const NONCE_BYTES = 9;

/** The descriptor on which a piece finds its {@link Piece.input}. */
export const INPUT_FD = 8;
/** Characters of noise that are kept. */
const MAX_NOISE = 4096;
/** How long a piece may put its affairs in order when the whole program's time is up. */
const TERM_GRACE_S = 1;
/** What quick pieces may take together before each of them gets a process and a time of its own. */
const QUICK_S = 5;

/** `b` and `e` frame an answer. A leading newline keeps a mark at the start of a line. */
const MARKS = [
  'b() { printf "\\n@%s begin %s\\n" "$N" "$1"; }',
  'e() { printf "\\n@%s end %s %s\\n" "$N" "$1" "$2"; return "$2"; }',
];

/** Quick pieces in one process, each in a subshell: a fork, where timeout(1) and a shell of its own would be two programs. */
const TOGETHER = [
  ...MARKS,
  'while [ "$#" -gt 0 ]; do b "$1"; (s=$3; shift "$#"; eval "$s"); e "$1" "$?"; shift 3; done; exit 0',
].join('\n');

/**
 * `q` says that the program came to its end. Each piece, or run of quick ones, has a process group of its own (timeout(1)
 * makes one), in the background, because a shell that waits for a foreground program is deaf to signals: when the whole
 * program's time is up, TERM must reach the group that runs now and those that earlier pieces left behind.
 */
const HEADER = [
  `exec ${INPUT_FD}<&0 </dev/null`,
  `Q=${quote(TOGETHER)}`,
  ...MARKS,
  'q() { printf "\\n@%s done\\n" "$N"; exit 0; }',
  'G= P= A= I=',
  `k() { for g in $G $P; do kill -s "$1" -- "-$g"; done 2>/dev/null; }`,
  // Puts the piece $I, which ended with $r, on record, if it has one.
  `a() { [ -z "$A" ] || { t=$(${HOST_TIME}); eval "$A" && printf "\\n@%s at %s %s\\n" "$N" "$I" "$t"; }; A=; }`,
  `trap 'trap "" TERM; k TERM; sleep ${TERM_GRACE_S}; k KILL; r=124; a; exit 124' TERM`,
  // A piece whose time was up leaves nothing behind; another one may leave a process, which is remembered.
  'v() { wait "$P"; r=$?',
  'case $r in 124|137) kill -s KILL -- "-$P" ;; *) kill -s 0 -- "-$P" && G="$G $P" ;; esac 2>/dev/null',
  'P=; }',
  // $1 id.
  'w() { v; a; e "$1" "$r"; }',
  // $1 id, $2 seconds, $3 script. The script of a change goes through a pipe: it may hold a secret, which an argument
  // would show in `ps`, or a file, which an argument of 128 KiB may not hold. A probe saves the extra fork.
  'p() { b "$1"; timeout -k 2 "$2" sh -c "$3" & P=$!; w "$1"; }',
  'm() { b "$1"; fenced || { e "$1" "$?"; return 1; }',
  'printf %s "$3" | timeout -k 2 "$2" sh -c "exec 2>&1; . /dev/fd/3" 3<&0 </dev/null & P=$! I=$1 A=$4; w "$1"; }',
  // Quick pieces: id, seconds and script of each.
  // The nonce goes by the environment, which only its owner can read.
  `g() { N=$N timeout -k 1 ${QUICK_S} sh -c "$Q" sh "$@" & P=$!; v`,
  '[ "$r" = 0 ] || while [ "$#" -gt 0 ]; do p "$1" "$2" "$3"; shift 3; done; }',
].join('\n');

/** What marks the frames of one execution, and no noise can know. */
export const newNonce = (): string => randomBytes(NONCE_BYTES).toString('hex');

/**
 * Compiles pieces into one program for one remote execution. Every answer is framed with a nonce that noise (a login
 * banner, a tool's warning) cannot know; every piece has its own timeout, so that one hung tool spoils one answer.
 * `guard` is shell that defines `fenced`: it is asked before every `must` piece, and what it refuses does not run.
 */
export function compile(pieces: readonly Piece[], guard?: string): Program {
  const nonce = newNonce();
  const body = [HEADER, guard ?? 'fenced() { :; }', ...runs(pieces).map(callOf), 'q'].join('\n');
  return { body, nonce, text: `N=${nonce}\n${body}` };
}

/** Quick pieces that follow each other, together; every other piece by itself. */
function runs(pieces: readonly Piece[]): Piece[][] {
  const all: Piece[][] = [];
  for (const piece of pieces) {
    const last = all.at(-1);
    if (piece.quick && last?.[0]?.quick) last.push(piece);
    else all.push([piece]);
  }
  return all;
}

function callOf(run: readonly Piece[]): string {
  const [{ id, script, timeoutSeconds, must, record = '' }] = run as [Piece];
  if (must) return `m ${quote(id)} ${timeoutSeconds} ${quote(script)} ${quote(record)} || q`;
  const words = run.map((piece) => `${quote(piece.id)} ${piece.timeoutSeconds} ${quote(piece.script)}`).join(' ');
  return run.length > 1 ? `g ${words}` : `p ${words}`;
}

/** Lines of a piece without the leading newline of the mark that follows. */
function withoutMark(lines: string[]): string[] {
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
}

/** Tells each piece when it has answered, and then `onEnd`. */
export function hearing(pieces: readonly Piece[], onEnd?: (answer: Answer) => void): (answer: Answer) => void {
  const byId = new Map(pieces.map((piece) => [piece.id, piece]));
  return (answer) => {
    byId.get(answer.id)?.heard?.(answer);
    onEnd?.(answer);
  };
}

/** Reads answers out of a program's output while it runs. */
export class AnswerReader {
  readonly answers = new Map<string, Answer>();
  private readonly mark: string;
  private readonly onBegin: (id: string) => void;
  private readonly onEnd: (answer: Answer) => void;
  /** The program came to its end: whatever still holds its output is none of its pieces. */
  done = false;
  /** The last of what was said outside of every frame: by login shells, mostly. */
  noise = '';
  private pending = '';
  private open: { id: string; lines: string[]; at?: string } | undefined;

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

  /** Something of the program was heard. */
  get begun(): boolean {
    return this.done || this.answers.size > 0 || this.open !== undefined;
  }

  /** What the piece that is still running has printed so far. */
  unfinished(): { id: string; output: string } | undefined {
    return this.open && { id: this.open.id, output: [...this.open.lines, this.pending].join('\n') };
  }

  private line(line: string): void {
    if (!line.startsWith(this.mark)) {
      if (this.open) this.open.lines.push(line);
      else this.noise = `${this.noise}${line}\n`.slice(-MAX_NOISE);
      return;
    }
    const [verb, id = '', status] = line.slice(this.mark.length).split(' ');
    if (verb === 'done') this.done = true;
    else if (verb === 'begin') {
      this.open = { id, lines: [] };
      this.onBegin(id);
    } else if (verb === 'at' && this.open?.id === id) {
      this.open = { ...this.open, lines: withoutMark(this.open.lines), ...(status ? { at: status } : {}) };
    } else if (verb === 'end' && this.open?.id === id) {
      const { at } = this.open;
      const output = withoutMark(this.open.lines).join('\n');
      const answer = { id, status: Number(status), output, ...(at ? { at } : {}) };
      this.answers.set(id, answer);
      this.open = undefined;
      this.onEnd(answer);
    }
  }
}
