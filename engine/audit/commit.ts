import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const CHECKOUT = fileURLToPath(new URL('../../', import.meta.url));
const GIT_MS = 2_000;

let known: { commit: string | undefined } | undefined;

/** The commit that this kit was checked out from, `-dirty` where files differ. Undefined where there is no git. Asked once. */
export function commitOfKit(): string | undefined {
  known ??= { commit: describe() };
  return known.commit;
}

function describe(): string | undefined {
  try {
    return execFileSync('git', ['-C', CHECKOUT, 'describe', '--always', '--dirty', '--abbrev=12', '--exclude=*'], {
      encoding: 'utf8',
      timeout: GIT_MS,
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return undefined;
  }
}
