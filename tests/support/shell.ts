/** Programs under a real /bin/sh of this machine, in place of a host's. */

import { spawn } from 'node:child_process';
import { Readable } from 'node:stream';
import type { Content } from '#engine/content.ts';
import { type Answer, AnswerReader, compile, type Piece } from '#engine/program.ts';

export interface LocalRun {
  status: number;
  stdout: string;
  stderr: string;
}

async function* bytesOf(text: Buffer, inputs: readonly Content[]): AsyncGenerator<Uint8Array> {
  yield text;
  for (const input of inputs) yield* input.open();
}

/**
 * Runs a text as `sh -s` would on a host: the program comes on standard input, never as an argument, and what its pieces
 * read follows it.
 */
export function runText(
  text: string,
  onOutput: (chunk: string) => void = () => {},
  inputs: readonly Content[] = [],
): Promise<LocalRun> {
  const program = Buffer.from(text);
  // As a host does it: the whole program is read before its first line runs.
  const child = spawn('sh', ['-c', `eval "$(head -c ${program.length})"`], { stdio: ['pipe', 'pipe', 'pipe'] });
  return new Promise((resolve, reject) => {
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      stdout += chunk;
      onOutput(chunk);
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      stderr += chunk;
    });
    child.on('error', reject);
    child.on('close', (status) => resolve({ status: status ?? -1, stdout, stderr }));
    child.stdin.on('error', () => {});
    Readable.from(bytesOf(program, inputs)).pipe(child.stdin);
  });
}

/** Compiles pieces, runs them here and reads the answers. */
export async function runPieces(
  pieces: readonly Piece[],
): Promise<{ answers: ReadonlyMap<string, Answer>; stdout: string; nonce: string; stderr: string }> {
  const { text, nonce } = compile(pieces);
  const reader = new AnswerReader(nonce);
  const inputs = pieces.flatMap(({ input = [] }) => input);
  const { stdout, stderr } = await runText(text, (chunk) => reader.push(chunk), inputs);
  return { answers: reader.answers, stdout, stderr, nonce };
}
