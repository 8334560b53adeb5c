/** The hosts under test from behind: what a person does by hand on one, without the engine and without its connection. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { docker } from '#engine/local/docker.ts';
import { containerName } from '#providers/sandbox/names.ts';

export const ENV = 'engine';
/** With RUNS, the long matrices run: `make test-all`. */
export const RUNS = process.env.RUNS ? Number(process.env.RUNS) : undefined;
export const LONG = RUNS !== undefined;
export type Box = 'box-1' | 'box-2';

/** The checkout that is tested. */
export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

// Connections of these tests are told from all others by the folder of their sockets, see process.ts. The controllers that
// a test starts share it.
const given = process.env.ODIN_HOST_TESTS;
export const RUNTIME = given ?? mkdtempSync(join(tmpdir(), 'odin-host-'));
if (!given) process.on('exit', () => rmSync(RUNTIME, { recursive: true, force: true }));
process.env.ODIN_HOST_TESTS = RUNTIME;
process.env.XDG_RUNTIME_DIR = RUNTIME;
process.env.ODIN_INVENTORY = join(ROOT, 'tests/e2e/inventory');

const DEADLINE_MS = 60_000;

/** Runs POSIX sh on a host as root; throws when it fails. Returns what it printed. */
export function byHand(box: Box, script: string, deadlineMs = DEADLINE_MS): Promise<string> {
  return docker(['exec', containerName(ENV, box), 'sh', '-euc', script], { deadlineMs });
}
