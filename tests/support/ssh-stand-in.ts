/**
 * A program called `ssh` that stands first on PATH: it writes down its words and runs the remote command on this machine,
 * as root or not, without sudo. Each host has a folder of its own in place of /var/lib/odin, /run/odin and /var/log/odin. What the kit
 * says to OpenSSH can be read afterwards; what OpenSSH says can be made up.
 */

import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach } from 'vitest';

export interface SshStandIn {
  /** The words of each call, in order. */
  calls(): string[][];
  /** A file that a host has, below the folder that stands in for one of its own: `hostFile('192.0.2.1', 'log/audit.jsonl')`. */
  hostFile(address: string, path: string): string;
  /** From now on a login as `user@address` runs this instead: `echo "Permission denied" >&2; exit 255`. */
  answer(login: string, script: string): void;
}

const SCRIPT = `#!/bin/sh
n=$(ls "$STAND_IN/calls" | wc -l)
for word; do printf '%s\\0' "$word"; done >"$STAND_IN/calls/$(printf %04d "$n")-$$"
control= user= address= command=
while [ $# -gt 0 ]; do
  case "$1" in
    -O) control=yes; shift ;;
    -o|-p|-L) shift ;;
    -l) user=$2; shift ;;
    -*) ;;
    *) if [ -z "$address" ]; then address=$1; else command=$1; fi ;;
  esac
  shift
done
[ -z "$control" ] || exit 0
if [ -f "$STAND_IN/answers/$user@$address" ]; then . "$STAND_IN/answers/$user@$address"; fi
mkdir -p "$STAND_IN/hosts/$address"
command=$(printf '%s' "\${command#sudo -n }" | sed "s#gzip -dc#gzip -dc | sed -e s%/var/lib/odin%$STAND_IN/hosts/$address%g -e s%/run/odin%$STAND_IN/hosts/$address/run%g -e s%/var/log/odin%$STAND_IN/hosts/$address/log%g#")
exec sh -c "$command"
`;

/** Puts the stand-in on PATH for the tests of a file, with a runtime folder of its own. */
export function standInForSsh(folder: string): SshStandIn {
  const before = { ...process.env };
  beforeAll(() => {
    mkdirSync(join(folder, 'bin'), { recursive: true });
    mkdirSync(join(folder, 'answers'), { recursive: true });
    writeFileSync(join(folder, 'bin/ssh'), SCRIPT);
    chmodSync(join(folder, 'bin/ssh'), 0o755);
    process.env.PATH = `${join(folder, 'bin')}:${before.PATH}`;
    process.env.STAND_IN = folder;
    process.env.XDG_RUNTIME_DIR = folder;
  });
  beforeEach(() => {
    for (const name of ['calls', 'answers', 'hosts']) {
      rmSync(join(folder, name), { recursive: true, force: true });
      mkdirSync(join(folder, name));
    }
  });
  afterAll(() => {
    process.env = before;
  });
  return {
    calls: () =>
      readdirSync(join(folder, 'calls'))
        .sort()
        .map((name) =>
          readFileSync(join(folder, 'calls', name), 'utf8')
            .split('\0')
            .slice(0, -1),
        ),
    hostFile: (address, path) => join(folder, 'hosts', address, path),
    answer: (login, script) => writeFileSync(join(folder, 'answers', login), `${script}\n`),
  };
}
