/** Looks for secrets where they must not be: in arguments of processes while something runs, and in what is left on hosts. */

import { readdirSync, readFileSync } from 'node:fs';
import { byHand } from './hosts.ts';
import { HOSTS } from './kit.ts';

const EVERY_MS = 20;

/** What processes said of themselves. */
export interface Watch {
  /** Lines of commands that held one of the secrets, without the secret. */
  hits: Set<string>;
  /** How often every process was looked at. */
  looks: number;
  stop(): void;
}

/** Watches the arguments of every process of this machine, and so those inside its sandbox hosts too. */
export function watchArguments(secrets: readonly string[]): Watch {
  const watch: Watch = { hits: new Set(), looks: 0, stop: () => clearInterval(timer) };
  const timer = setInterval(() => {
    watch.looks += 1;
    for (const pid of readdirSync('/proc')) {
      if (!/^\d+$/.test(pid)) continue;
      let line: string;
      try {
        line = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      } catch {
        continue;
      }
      for (const secret of secrets)
        if (line.includes(secret)) watch.hits.add(line.replaceAll('\0', ' ').replaceAll(secret, '***').slice(0, 300));
    }
  }, EVERY_MS);
  return watch;
}

const FOLDERS = '/etc /opt /root /home /run /tmp /var/lib/odin /var/lib/odin-lock /var/log /var/tmp';

/** Files of all hosts in which one of the secrets is: `backend-1 600 /etc/odin/secrets.env`. */
export async function filesWith(secrets: readonly string[]): Promise<string[]> {
  // Packed: what looks for secrets must not be what shows them.
  const patterns = Buffer.from(secrets.map((secret) => `${secret}\n`).join('')).toString('base64');
  const found = await Promise.all(
    HOSTS.map(async (host) => {
      const text = await byHand(
        host,
        `umask 077; printf %s ${patterns} | base64 -d >/dev/shm/odin-test; grep -rlsFI -f /dev/shm/odin-test ${FOLDERS} 2>/dev/null | while IFS= read -r f; do stat -c '%a %n' "$f"; done; rm -f /dev/shm/odin-test`,
      );
      return text.split('\n').flatMap((line) => (line ? [`${host} ${line}`] : []));
    }),
  );
  return found.flat().sort();
}

/** All that Docker tells of the containers and images of all hosts. */
export async function inspected(): Promise<string> {
  const texts = await Promise.all(
    HOSTS.map((host) =>
      byHand(
        host,
        'if command -v docker >/dev/null; then docker inspect $(docker ps -aq) $(docker image ls -q) 2>/dev/null || :; fi; cat /root/.docker/config.json 2>/dev/null || :',
      ),
    ),
  );
  return texts.join('\n');
}
