import { createHash } from 'node:crypto';
import { closeSync, createReadStream, fstatSync, openSync, readSync } from 'node:fs';
import { basename } from 'node:path';
import { KitError } from './errors.ts';

/** Bytes that go to a host as they are. Their place and length are known before they are read. */
export interface Content {
  bytes: number;
  /** 64 hex digits. */
  sha256: string;
  /** Not enumerable: a content is told by its digest, not by its bytes, nor by where they lie. */
  open(): AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

const CHUNK_BYTES = 1024 * 1024;
/** The slowest line to a host that is waited for, in bytes per second. */
const SLOWEST_LINE = 250_000;

function content(told: Omit<Content, 'open'>, open: Content['open']): Content {
  return Object.defineProperty({ ...told } as Content, 'open', { value: open, enumerable: false });
}

export function sha256(value: string | Uint8Array): string {
  return createHash('sha256').update(value).digest('hex');
}

/** Bytes or text that this process holds. */
export function held(value: string | Uint8Array): Content {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  return content({ bytes: bytes.byteLength, sha256: sha256(bytes) }, () => [bytes]);
}

/**
 * A file of this machine. It is read once now, for its digest, and again when it is sent, piece by piece: it is never held
 * as a whole. Throws `local-file-unreadable`.
 */
export function localFile(path: string): Content {
  const { bytes, digest } = measure(path);
  // No byte more than was promised, should it have grown since; fewer, or others, are found out by the digest.
  const open = (): ReturnType<Content['open']> => (bytes === 0 ? [] : createReadStream(path, { end: bytes - 1 }));
  return content({ bytes, sha256: digest }, open);
}

function measure(path: string): { bytes: number; digest: string } {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    if (!fstatSync(file).isFile()) throw new Error('not a regular file');
    const hash = createHash('sha256');
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    let bytes = 0;
    for (let read = readSync(file, chunk); read > 0; read = readSync(file, chunk)) {
      hash.update(chunk.subarray(0, read));
      bytes += read;
    }
    return { bytes, digest: hash.digest('hex') };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new KitError('local-file-unreadable', `${basename(path)} cannot be read: ${why}`, {
      host: 'local',
      next: `ls -l ${path}`,
    });
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** Seconds that sending these may take. */
export function sendSeconds(contents: readonly Content[]): number {
  return Math.ceil(contents.reduce((sum, { bytes }) => sum + bytes, 0) / SLOWEST_LINE);
}
