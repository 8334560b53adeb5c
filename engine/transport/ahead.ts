import { existsSync, readFileSync, statSync } from 'node:fs';
import { AnswerReader, newNonce } from '../program.ts';
import { questionsFile, replaceFile } from './private-folder.ts';
import { type Asked, ask, type Question } from './question.ts';

/**
 * A run spends as long on reading its own sources and the inventory as on waiting for the hosts. Nothing speaks against
 * both at once: what a run asks first is noted, and the next one with the same words asks it again right at its start,
 * before it knows what it wants to know. The answer counts only if that turns out to be the very same question, letter by
 * letter; otherwise it is thrown away. Only what changes nothing on a host is asked like this.
 */

/** At most so many hosts: each takes a process of ssh here. */
const MOST = 32;

/** Changes with the shape of {@link Note}. */
const FORMAT = '1';

/** What is kept from one run to the next. */
interface Note {
  /** Files that the questions were made from, with their states. */
  sources: [path: string, state: string][];
  /** A file that ssh is told to read. */
  knownHosts: string;
  questions: Question[];
}

/** Undefined until this process has begun like a script, in which others ask nothing. */
let noteFile: string | undefined;
/** By the name of the host. */
const underway = new Map<string, { key: string; asked: Asked; ended: AbortController }>();
/** The first question of each host. */
const noted = new Map<string, Question>();

const keyOf = ({ words, command }: Question): string => [...words, command].join('\0');

/** Asks what the last run with the same words asked first, unless what it was made from is another now. */
export function askAhead(): void {
  const { ODIN_INVENTORY = '', ODIN_SSH_CONFIG = '' } = process.env;
  try {
    noteFile = questionsFile(FORMAT, ...process.argv.slice(1), process.cwd(), ODIN_INVENTORY, ODIN_SSH_CONFIG);
  } catch {
    // The run itself comes to the same folder, and says what is wrong with it as errors are said.
    return;
  }
  const note = readNote(noteFile);
  if (!note || !existsSync(note.knownHosts) || note.sources.some(([path, state]) => stateOf(path) !== state)) return;
  for (const question of note.questions) {
    const nonce = newNonce();
    const ended = new AbortController();
    const asked = ask(question, nonce, new AnswerReader(nonce), { signal: ended.signal });
    // Nobody may ever want to know how it ended.
    asked.end.catch(() => undefined);
    underway.set(question.host.name, { key: keyOf(question), asked, ended });
  }
}

/**
 * The same question, if it has been asked already; or `wasted` where its host was asked another one. Notes the question for
 * the next run.
 */
export function askedAhead(question: Question): Asked | 'wasted' | undefined {
  const { name } = question.host;
  if (!noted.has(name)) noted.set(name, question);
  const first = underway.get(name);
  underway.delete(name);
  if (first?.key === keyOf(question)) return first.asked;
  first?.ended.abort();
  return first && 'wasted';
}

/** For a command that may make or start the hosts itself: what they said before that, or did not, counts for nothing. */
export function askNothingAhead(): void {
  noteFile = undefined;
  noted.clear();
  dropUnused();
}

function dropUnused(): void {
  for (const { ended } of underway.values()) ended.abort();
  underway.clear();
}

/** Ends what nobody wanted to know, and keeps what was asked, made from these files, for the next run. */
export function keepQuestions(sources: readonly string[], knownHosts: string): void {
  dropUnused();
  if (!noteFile || noted.size === 0) return;
  const note: Note = {
    sources: sources.map((path) => [path, stateOf(path)]),
    knownHosts,
    questions: [...noted.values()].slice(0, MOST),
  };
  const text = JSON.stringify(note);
  if (text === textOf(noteFile)) return;
  try {
    replaceFile(noteFile, text);
  } catch {
    // A full disk costs the next run a moment, and this one nothing.
  }
}

function stateOf(path: string): string {
  try {
    const { mtimeNs, size } = statSync(path, { bigint: true });
    return `${mtimeNs} ${size}`;
  } catch {
    return 'not to be seen';
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function readNote(path: string): Note | undefined {
  const text = textOf(path);
  try {
    return text === undefined ? undefined : (JSON.parse(text) as Note);
  } catch {
    return undefined;
  }
}
