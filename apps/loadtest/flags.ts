/** The command line: every flag bounded, an unknown one refused, all problems told at once. */

import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { isToken, SUFFIXES } from '@odin/events';
import { read } from '@odin/runtime';

const FLAGS = {
  url: { type: 'string' },
  clients: { type: 'string', default: '100' },
  tokens: { type: 'string', default: 'BTC,ETH,SOL' },
  'tokens-per-client': { type: 'string', default: '1' },
  events: { type: 'string', default: '' },
  seconds: { type: 'string', default: '30' },
  settle: { type: 'string', default: '3' },
  ramp: { type: 'string', default: '200' },
  every: { type: 'string', default: '20' },
  stall: { type: 'string', default: '0' },
  workers: { type: 'string' },
  sources: { type: 'string', default: '1' },
  brokers: { type: 'string', default: '' },
  json: { type: 'boolean', default: false },
  'i-own-this-target': { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

export const HELP = `Load for a ws-server: many clients in many processes, and whether each got everything.

  node apps/loadtest/main.ts --url ws://127.0.0.1:3004/ws [flags]

  --url ws://HOST:PORT/PATH  what to load; loopback and private addresses only
  --clients N                connections at once, at most 100000 (100)
  --tokens A,B,…             each client subscribes to one, in turn (BTC,ETH,SOL)
  --tokens-per-client N      or to N of them (1)
  --events A,B,…             only these of a token's channels (all)
  --seconds N                how long to measure once all are connected, at most 3600 (30)
  --settle N                 how long to wait for what is still on its way, at most 60 (3)
  --ramp N                   connects a second, at most 10000 (200)
  --every N                  one in N clients parses everything it gets; the others count (20)
  --stall N                  so many clients stop reading (0)
  --workers N                processes (one a core, at most 8)
  --sources N                loopback addresses to connect from, 28000 connections each (1)
  --brokers HOST:PORT,…      compare what arrived with what Kafka holds
  --json                     print the result as JSON; progress goes to stderr
  --i-own-this-target        load an address that is neither loopback nor private

Exit codes: 0 everything arrived, 1 something did not, 3 bad flags.`;

export class FlagsError extends Error {
  override readonly name = 'FlagsError';
}

export type Flags = ReturnType<typeof readFlags>;

/** Throws FlagsError. */
export function readFlags(args: readonly string[]) {
  const values = parse(args);
  const problems: string[] = [];
  const value = <T>(name: keyof typeof values, reader: (text: string) => T, otherwise: T): T => {
    try {
      return reader(String(values[name] ?? ''));
    } catch (error) {
      problems.push(`--${name}: ${(error as Error).message}`);
      return otherwise;
    }
  };
  const cores = String(Math.min(8, availableParallelism()));
  const flags = {
    url: value('url', present, ''),
    clients: value('clients', read.integer(1, 100_000), 1),
    tokens: value('tokens', read.list(token), []),
    tokensPerClient: value('tokens-per-client', read.integer(1, 100), 1),
    events: value('events', read.list(read.oneOf(...SUFFIXES)), []),
    seconds: value('seconds', read.integer(1, 3_600), 1),
    settle: value('settle', read.integer(0, 60), 0),
    ramp: value('ramp', read.integer(1, 10_000), 1),
    every: value('every', read.integer(1, 100_000), 1),
    stall: value('stall', read.integer(0, 100_000), 0),
    workers: value('workers', (text) => read.integer(1, 64)(text || cores), 1),
    sources: value('sources', read.integer(1, 200), 1),
    brokers: value('brokers', read.list(read.hostPort), []),
    json: values.json === true,
    owned: values['i-own-this-target'] === true,
    help: values.help === true,
  };
  if (problems.length === 0) problems.push(...contradictions(flags));
  if (problems.length > 0 && !flags.help) throw new FlagsError(problems.join('\n'));
  return flags;
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: FLAGS, allowPositionals: false }).values;
  } catch (error) {
    throw new FlagsError((error as Error).message);
  }
}

function contradictions({
  tokens,
  tokensPerClient,
  stall,
  clients,
}: { tokens: readonly string[] } & Record<'tokensPerClient' | 'stall' | 'clients', number>): string[] {
  return [
    ...(tokens.length === 0 ? ['--tokens: expected at least one'] : []),
    ...(tokensPerClient > tokens.length ? ['--tokens-per-client: more than there are --tokens'] : []),
    ...(stall > clients ? ['--stall: more than there are --clients'] : []),
  ];
}

function present(text: string): string {
  if (text === '') throw new Error('missing: ws://host:port/path');
  return text;
}

function token(text: string): string {
  if (!isToken(text)) throw new Error(`expected a token of letters, digits, "_" or "-", got ${JSON.stringify(text)}`);
  return text;
}
