/** Programs under a real /bin/sh of this machine, in place of a host's. */

import { spawn } from 'node:child_process';
import { type Answer, AnswerReader, compile, type Piece } from '#engine/program.ts';

export interface LocalRun {
  status: number;
  stdout: string;
  stderr: string;
}

/** Runs a text as `sh -s` would on a host: the program comes on standard input, never as an argument. */
export function runText(text: string, onOutput: (chunk: string) => void = () => {}): Promise<LocalRun> {
  // As a host does it: the whole program is read before its first line runs.
  const child = spawn('sh', ['-c', 'eval "$(cat)"'], { stdio: ['pipe', 'pipe', 'pipe'] });
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
    child.stdin.end(text);
  });
}

/** Compiles pieces, runs them here and reads the answers. */
export async function runPieces(
  pieces: readonly Piece[],
): Promise<{ answers: ReadonlyMap<string, Answer>; stdout: string; nonce: string; stderr: string }> {
  const { text, nonce } = compile(pieces);
  const reader = new AnswerReader(nonce);
  const { stdout, stderr } = await runText(text, (chunk) => reader.push(chunk));
  return { answers: reader.answers, stdout, stderr, nonce };
}
