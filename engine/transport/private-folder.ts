import { createHash, randomBytes } from 'node:crypto';
import { lstatSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { KitError } from '../errors.ts';
import type { Access } from '../inventory/inventory.ts';

/** Pins, and what was asked, that no run has used for this long are removed. */
const KEPT_MS = 7 * 24 * 3600 * 1000;
/** Hex digits of a digest in a file name: names stay short, because a socket path holds 104 bytes at most. */
const NAME_DIGITS = 12;

const TUNNEL = /^t-(\d+)-/;
const KEPT = /\.(known_hosts|ahead)$/;

const digest = (...parts: readonly string[]): string =>
  createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, NAME_DIGITS);

/**
 * A folder of this user alone for control sockets, tunnels and pinned keys. Whoever can write into it can speak for every
 * host: one that belongs to others, or that others may enter, is refused with `folder-exposed`.
 */
export function privateFolder(): string {
  const folder = join(process.env.XDG_RUNTIME_DIR ?? tmpdir(), `odin-${userInfo().uid}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { uid, mode } = lstatSync(folder);
  const isPrivate = lstatSync(folder).isDirectory() && uid === userInfo().uid && (mode & 0o077) === 0;
  if (!isPrivate)
    throw new KitError('folder-exposed', `${folder} must be a folder of ${userInfo().username} alone`, {
      host: 'local',
      next: `ls -ld ${folder}; remove it: the next command makes it anew`,
    });
  return folder;
}

/** The control socket of one login: what differs in any part must not share a connection. */
export function controlSocket(...login: readonly string[]): string {
  return join(privateFolder(), `c-${digest(...login)}`);
}

/** A path for a tunnel of this process. */
export function tunnelSocket(): string {
  return join(privateFolder(), `t-${process.pid}-${randomBytes(NAME_DIGITS / 2).toString('hex')}`);
}

/**
 * Writes the pinned host keys of an environment where ssh can read them. The name holds their digest and the file is
 * renamed into place, so that no run changes what another one reads.
 */
export function writeKnownHosts(env: string, access: Pick<Access, 'hostKeys'>): string {
  const text = access.hostKeys.map((line) => `${line}\n`).join('');
  const file = join(privateFolder(), `${env}-${digest(text)}.known_hosts`);
  replaceFile(file, text);
  return file;
}

/** A file for what a run asks first. What differs in any part is another run. */
export function questionsFile(...run: readonly string[]): string {
  return join(privateFolder(), `${digest(...run)}.ahead`);
}

/** Writes a file of this user alone, and renames it into place: others see the old one or the new one. */
export function replaceFile(file: string, text: string): void {
  const fresh = `${file}.${process.pid}-${randomBytes(NAME_DIGITS / 2).toString('hex')}`;
  try {
    writeFileSync(fresh, text, { mode: 0o600, flag: 'wx' });
    renameSync(fresh, file);
  } catch (cause) {
    rmSync(fresh, { force: true });
    throw cause;
  }
}

/** Removes what runs that were killed have left: tunnels of processes that are gone, pins and questions that nobody uses any more. */
export function sweepPrivateFolder(now = Date.now()): void {
  const folder = privateFolder();
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    const pid = TUNNEL.exec(name)?.[1];
    if (pid ? !isAlive(Number(pid)) : KEPT.test(name) && isOlder(path, now - KEPT_MS)) rmSync(path, { force: true });
  }
}

function isOlder(path: string, than: number): boolean {
  return (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? than) < than;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    return cause instanceof Error && 'code' in cause && cause.code === 'EPERM';
  }
}
