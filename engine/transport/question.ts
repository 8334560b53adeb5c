import { existsSync } from 'node:fs';
import type { Content } from '../content.ts';
import type { Host } from '../inventory/inventory.ts';
import type { AnswerReader } from '../program.ts';
import { loginTurn } from './logins.ts';
import { runSsh, type SshEnd } from './process.ts';

/** A program for one host, and how ssh reaches it. */
export interface Question {
  host: Pick<Host, 'name' | 'address' | 'port'>;
  /** The socket of the shared connection: while it is there, asking is no login. */
  socket: string;
  /** The words of ssh up to and including the destination. */
  words: readonly string[];
  /** The remote command, but for the nonce of a program that stands in it. */
  command: string;
  /** Milliseconds after which nothing more is waited for, whatever the host does. */
  deadlineMs: number;
}

/** A question on its way. */
export interface Asked {
  reader: AnswerReader;
  end: Promise<SshEnd>;
}

/** Asks. What is to be sent on standard input is the program, if it does not stand in the command, and what follows it. */
export function ask(
  question: Question,
  nonce: string,
  reader: AnswerReader,
  input: { stdin?: string | undefined; contents?: readonly Content[]; signal?: AbortSignal } = {},
): Asked {
  const { host, socket, words, command, deadlineMs } = question;
  const { stdin = '', contents = [], signal } = input;
  const run = async (): Promise<SshEnd> => {
    const loggedIn = existsSync(socket) ? () => {} : await loginTurn(host);
    return runSsh(host.name, [...words, stdin ? command : `${command} ${nonce}`], {
      ...(stdin || contents.length > 0 ? { input: () => stream(stdin, contents) } : {}),
      onOutput(chunk) {
        loggedIn();
        reader.push(chunk);
      },
      isDone: () => reader.done,
      deadlineMs,
      ...(signal ? { signal } : {}),
    }).finally(loggedIn);
  };
  return { reader, end: run() };
}

/** The program, then what its pieces read, in their order. */
async function* stream(program: string, inputs: readonly Content[]): AsyncGenerator<Uint8Array | string> {
  if (program) yield program;
  for (const input of inputs) yield* input.open();
}
