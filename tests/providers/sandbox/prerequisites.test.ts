import { expect, it } from 'vitest';
import type { ProviderChange } from '#engine/provider.ts';
import { prerequisitesFor } from '#providers/sandbox/prerequisites.ts';

const GIB = 1024 ** 3;
const host = (name: string, more: Partial<ProviderChange> = {}): ProviderChange => ({
  action: '+',
  what: `host ${name}`,
  ...more,
});

const table: [string, ProviderChange[], { memory: number; disk: number }][] = [
  ['four new hosts', ['a', 'b', 'c', 'd'].map((name) => host(name)), { memory: 4 * GIB, disk: 8e9 }],
  ['one host to start again, the others run', [host('a', { action: '~' })], { memory: GIB, disk: 2e9 }],
  ['only what is kept', [host('a', { action: '~', kept: true })], { memory: 0, disk: 0 }],
  ['only a network', [{ action: '+', what: 'network odin-demo' }], { memory: 0, disk: 0 }],
];

it.each(table)('%s', (_, changes, expected) => expect(prerequisitesFor(changes)).toMatchObject(expected));
