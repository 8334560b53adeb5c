import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  controlSocket,
  privateFolder,
  sweepPrivateFolder,
  tunnelSocket,
  writeKnownHosts,
} from '#engine/transport/private-folder.ts';
import { temporaryFolder } from '../../support/folder.ts';

const parent = temporaryFolder();
const before = process.env.XDG_RUNTIME_DIR;
let n = 0;

beforeEach(() => {
  n += 1;
  process.env.XDG_RUNTIME_DIR = join(parent, String(n));
  mkdirSync(process.env.XDG_RUNTIME_DIR);
});
afterEach(() => {
  if (before === undefined) delete process.env.XDG_RUNTIME_DIR;
  else process.env.XDG_RUNTIME_DIR = before;
});

it('is made for its owner only', () => expect(statSync(privateFolder()).mode & 0o777).toBe(0o700));

it('is refused where others may enter it, or where it leads elsewhere', () => {
  chmodSync(privateFolder(), 0o750);
  expect(privateFolder).toThrow(expect.objectContaining({ code: 'folder-exposed', exit: 3 }));
  process.env.XDG_RUNTIME_DIR = join(parent, `${n}-link`);
  mkdirSync(process.env.XDG_RUNTIME_DIR);
  mkdirSync(join(parent, `${n}-elsewhere`), { mode: 0o700 });
  symlinkSync(join(parent, `${n}-elsewhere`), join(process.env.XDG_RUNTIME_DIR, `odin-${process.getuid?.()}`));
  expect(privateFolder).toThrow(expect.objectContaining({ code: 'folder-exposed' }));
});

it('holds paths that are short enough for a socket: 104 bytes, of which ssh takes 17 for a moment', () => {
  const name = (path: string): number => path.length - privateFolder().length - 1;
  expect(name(controlSocket('prod', 'ws-1', 'odin'))).toBeLessThanOrEqual(14);
  expect(name(tunnelSocket())).toBeLessThanOrEqual(22);
});

it('pins are for their owner only, and are there whole or not at all', () => {
  const file = writeKnownHosts('prod', { hostKeys: ['a ssh-ed25519 A', 'b ssh-ed25519 B'] });
  expect(readFileSync(file, 'utf8')).toBe('a ssh-ed25519 A\nb ssh-ed25519 B\n');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readdirSync(privateFolder())).toHaveLength(1);
});

it('runs with other pins, of this environment or another, leave them alone', () => {
  const first = writeKnownHosts('prod', { hostKeys: ['a ssh-ed25519 A'] });
  const second = writeKnownHosts('prod', { hostKeys: ['a ssh-ed25519 CHANGED'] });
  const third = writeKnownHosts('stage', { hostKeys: ['a ssh-ed25519 A'] });
  expect(new Set([first, second, third]).size).toBe(3);
  expect(readFileSync(first, 'utf8')).toBe('a ssh-ed25519 A\n');
  expect(writeKnownHosts('prod', { hostKeys: ['a ssh-ed25519 A'] })).toBe(first);
});

it('what killed runs have left is swept, and nothing else', () => {
  const folder = privateFolder();
  const old = writeKnownHosts('gone', { hostKeys: ['a ssh-ed25519 A'] });
  utimesSync(old, 0, 0);
  const pins = writeKnownHosts('prod', { hostKeys: ['a ssh-ed25519 A'] });
  const kept = [pins, tunnelSocket(), controlSocket('x')];
  for (const path of kept.slice(1)) writeFileSync(path, '');
  // No process has this number: Linux counts to 4194304.
  writeFileSync(join(folder, 't-4999999-abc'), '');
  sweepPrivateFolder();
  expect(existsSync(old)).toBe(false);
  expect(
    readdirSync(folder)
      .map((name) => join(folder, name))
      .sort(),
  ).toEqual([...kept].sort());
});
