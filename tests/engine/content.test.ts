import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Content, held, localFile, sendSeconds, sha256 } from '#engine/content.ts';
import { temporaryFolder } from '../support/folder.ts';

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);

async function read(content: Content): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of content.open()) chunks.push(chunk);
  return Buffer.concat(chunks);
}

it.each<[what: string, bytes: Buffer]>([
  ['text', Buffer.from('grüße\n')],
  ['nothing', Buffer.alloc(0)],
  ['bytes', Buffer.from([0, 255, 10, 13, 0])],
  ['more than one chunk', Buffer.alloc(3_000_000, 'abc')],
])('held or in a file, %s is told by its length and digest, and read more than once', async (what, bytes) => {
  writeFileSync(at(what), bytes);
  for (const content of [held(bytes), localFile(at(what))]) {
    expect({ ...content }).toEqual({ bytes: bytes.length, sha256: sha256(bytes) });
    expect(await read(content)).toEqual(bytes);
    expect(await read(content)).toEqual(bytes);
  }
});

it('a plan that is written down holds neither the bytes nor a path of this machine', () => {
  writeFileSync(at('private'), 'hunter2');
  expect(JSON.stringify([localFile(at('private')), held('hunter2')])).not.toMatch(/hunter2|private/);
});

it('a file that grows after it was measured is sent as long as it was', async () => {
  writeFileSync(at('log'), 'one\n');
  const content = localFile(at('log'));
  appendFileSync(at('log'), 'two\n');
  expect((await read(content)).toString()).toBe('one\n');
});

describe('what cannot be read is told before anything is done', () => {
  it.each([
    ['absent', /absent cannot be read: ENOENT/],
    ['a-folder', /a-folder cannot be read: (EISDIR|not a regular file)/],
  ])('%s', (name, message) => {
    if (name === 'a-folder') mkdirSync(at(name));
    expect(() => localFile(at(name))).toThrow(
      expect.objectContaining({ code: 'local-file-unreadable', message: expect.stringMatching(message) }),
    );
  });
});

it.each([
  [0, 0],
  [1, 1],
  [20_000_000, 80],
])('%i bytes may take %i s to send', (bytes, seconds) =>
  expect(sendSeconds([{ ...held(''), bytes } as Content])).toBe(seconds),
);
