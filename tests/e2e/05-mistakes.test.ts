import { expect, test } from 'vitest';
import { inventoryCopies } from './support/inventory.ts';
import { kit } from './support/kit.ts';
import { expectRefusal, type Refusal } from './support/refusal.ts';

/** A mistake in a file or in a word is found before any host is asked. */
const copies = inventoryCopies();

interface Mistake extends Refusal {
  what: string;
  words?: string[];
  inventory?: () => string;
}

const invalid = (what: string, inventory: () => string, ...says: RegExp[]): Mistake => ({
  what,
  inventory,
  code: 'inventory-invalid',
  exit: 3,
  says: [/^ {2}inventory\/e2e\.yml:\d+:\d+ /m, ...says],
});

const MISTAKES: Mistake[] = [
  invalid('broken YAML', () => copies.asText((text) => text.replace('  ws-1: {', '  ws-1: {{')), /\(yaml\): /),
  invalid(
    'an unknown key',
    () => copies.with({ 'hosts.ws-1.adress': '10.77.0.12' }),
    /hosts\.ws-1\.adress: unknown key "adress"; did you mean "address"\?/,
  ),
  invalid(
    'an unknown kind of broker',
    () => copies.with({ 'vars.broker': { kind: 'rabbitmq' } }),
    /vars\.broker\.kind: .*kafka/,
  ),
  invalid(
    'several at once, each with its place',
    () => copies.with({ 'hosts.lb-1.prot': 22, 'vars.publisher.rate': -5, 'network.internal': '10.77/16' }),
    /3 problems in inventory\/e2e\.yml/,
    /hosts\.lb-1\.prot/,
    /vars\.publisher\.rate/,
    /network\.internal/,
  ),
  {
    what: 'an environment that is not there',
    words: ['--env', 'e3e'],
    code: 'inventory-missing',
    exit: 3,
    says: [/did you mean "e2e"\?/],
  },
  {
    what: 'an unknown host',
    words: ['--limit', 'ws-3'],
    code: 'unknown-host',
    exit: 3,
    says: [/"ws-3"; did you mean "ws-[12]"\?/],
  },
  {
    what: 'an unknown role',
    words: ['--tags', 'brokr'],
    code: 'unknown-role',
    exit: 3,
    says: [/"brokr"; did you mean "broker"\?/],
  },
  { what: 'an unknown flag', words: ['--limt', 'ws-1'], code: 'usage', exit: 3, says: [/did you mean "--limit"\?/] },
  { what: 'a word too many', words: ['ws-1'], code: 'usage', exit: 3, says: [/"ws-1"/] },
];

test.concurrent.each(MISTAKES)('$what', async ({ words = [], inventory, ...refusal }) => {
  const ran = await kit('deploy', ['--yes', ...words], inventory ? { inventory: inventory() } : {});
  expectRefusal(ran, refusal);
  expect(ran.executions).toEqual({});
});
