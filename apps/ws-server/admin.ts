/**
 * The admin verbs of a running ws-server: `node apps/ws-server/admin.ts drain | shed RATE | undrain | status`. Prints its
 * state as JSON. Exits with 0, with 1 when the server is not there or refuses, with 3 when it was called wrongly.
 */

import { connect } from 'node:net';
import { EXIT_CONFIGURATION, messageOf } from '@odin/runtime';
import { type AdminAnswer, VERBS } from './drain/admin-socket.ts';
import { schema } from './settings.ts';

const TIMEOUT_MS = 5_000;

const path = process.env[schema.adminSocket.env] || schema.adminSocket.fallback;
const verb = process.argv.slice(2).join(' ');
if (verb === '') fail(`usage: node apps/ws-server/admin.ts VERB (${VERBS})`, EXIT_CONFIGURATION);

try {
  const answer = await ask(path, verb);
  if (!answer.ok) fail(answer.error, answer.error.startsWith('usage') ? EXIT_CONFIGURATION : 1);
  console.log(JSON.stringify(answer.status, null, 2));
} catch (error) {
  fail(`no ws-server answers on ${path}: ${messageOf(error)}`, 1);
}

function ask(socketPath: string, line: string): Promise<AdminAnswer> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath);
    let text = '';
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)));
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    socket.once('error', reject);
    socket.once('close', () => {
      try {
        resolve(JSON.parse(text) as AdminAnswer);
      } catch {
        reject(new Error('it closed without an answer'));
      }
    });
    socket.write(`${line}\n`);
  });
}

function fail(message: string, code: number): never {
  console.error(message);
  process.exit(code);
}
