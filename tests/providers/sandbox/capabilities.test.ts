import { expect, it } from 'vitest';
import { flagsFor } from '#providers/sandbox/capabilities.ts';

const ALL = ['--cap-add', 'ALL'];
const table: [string, string, string, string[]][] = [
  ['a whole machine', '000001ffffffffff', '20.10.24+dfsg1', ALL],
  ['a container with an old Docker', '000001fffeffffff', '20.10.24+dfsg1', [...ALL, '--cap-drop', 'SYS_RESOURCE']],
  ['a container with a newer one', '000001fffeffffff', '26.1.5+dfsg1', ALL],
];

it.each(table)('%s', (_, bounding, version, expected) => {
  expect(flagsFor(`Name:\tnode\nCapBnd:\t${bounding}\n`, version)).toEqual(expected);
});
