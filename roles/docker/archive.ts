import { type HostKind, OK, resourceOf } from '#engine/resource.ts';
import { needsDockerArchive } from './packages.ts';

/** Docker's own package archive, for distributions whose own has no Compose v2. Nothing elsewhere. */
type ArchiveArgs = Record<string, never>;

interface ArchiveSeen {
  listed: boolean;
}

const LIST = '/etc/apt/sources.list.d/docker.list';
const KEY = '/etc/apt/keyrings/docker.asc';
/** The release key of download.docker.com: https://docs.docker.com/engine/install/debian/ (9DC8 5822 9FC7 DD38 …). */
const KEY_SHA256 = '1500c1f56fa9e26b9b8f42452a553675796ade0807cdce11975eb98170b3a570';

const kind: HostKind<ArchiveArgs, ArchiveSeen> = {
  where: 'host',
  name: 'docker.archive',
  probe: () => `[ -s ${LIST} ] && [ -s ${KEY} ] && echo listed; exit 0`,
  read: (output, all) => all.map(() => ({ listed: output.includes('listed') })),
  decide: (_, { listed }, facts) =>
    listed || !needsDockerArchive(facts) ? OK : { state: 'change', action: '+', summary: 'add download.docker.com' },
  apply: (_args, _seen, { distribution }) =>
    [
      'install -d -m 0755 /etc/apt/keyrings',
      `curl -fsSL -o ${KEY}.new https://download.docker.com/linux/${distribution}/gpg`,
      `echo "${KEY_SHA256}  ${KEY}.new" | sha256sum -c --quiet`,
      `chmod 0644 ${KEY}.new`,
      `mv ${KEY}.new ${KEY}`,
      `. /etc/os-release; echo "deb [arch=$(dpkg --print-architecture) signed-by=${KEY}] https://download.docker.com/linux/${distribution} $VERSION_CODENAME stable" >${LIST}`,
      'apt-get -qq update',
    ].join('\n'),
};

export const archive = resourceOf(kind, () => 'download.docker.com');
