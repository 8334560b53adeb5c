import { KitError } from '#engine/errors.ts';
import type { Facts } from '#engine/facts.ts';

/** The packages that bring Docker Engine and Compose v2, from the distribution's own archive. */
const TABLE: Readonly<Record<string, readonly string[]>> = {
  'debian 13': ['docker.io', 'docker-cli', 'docker-compose'],
  'ubuntu 22.04': ['docker.io', 'docker-compose-v2'],
  'ubuntu 24.04': ['docker.io', 'docker-compose-v2'],
  // Debian 12 has Compose 1 only; Docker's own archive has both.
  'debian 12': ['docker-ce', 'docker-ce-cli', 'containerd.io', 'docker-compose-plugin'],
};

/** Distributions whose Docker comes from download.docker.com. */
export function needsDockerArchive({ distribution, version }: Pick<Facts, 'distribution' | 'version'>): boolean {
  return distribution === 'debian' && version === '12';
}

/** The packages for a host. Throws `host-unsupported` for a distribution that the table does not have. */
export function dockerPackages(facts: Pick<Facts, 'distribution' | 'version'>): readonly string[] {
  const found = TABLE[`${facts.distribution} ${facts.version}`];
  if (found) return found;
  throw new KitError(
    'host-unsupported',
    `no way to install Docker on ${facts.distribution} ${facts.version} is known; known: ${Object.keys(TABLE).join(', ')}`,
  );
}
