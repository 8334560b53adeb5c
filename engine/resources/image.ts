import { type HostKind, OK, type Resource, resourceOf } from '../resource.ts';
import { emit, quote, words } from '../shell.ts';

/** An image that must be in the host's Docker, by the reference that Compose will name. */
export interface ImageArgs {
  /** `10.128.0.2:5000/odin/ws-server:4f1c0a9be210`, or pinned by digest: `registry.example/kafka@sha256:…`. */
  reference: string;
}

/** Present or not. */
type ImageSeen = boolean;

const PULL_S = 600;

const kind: HostKind<ImageArgs, ImageSeen> = {
  where: 'host',
  name: 'docker.image',
  probe: (all) =>
    `command -v docker >/dev/null || exit 3\ndocker image inspect --format '{{join .RepoTags " "}} {{join .RepoDigests " "}}' ${words(...all.map(({ reference }) => reference))} 2>/dev/null\ndocker info --format ok >/dev/null 2>&1 && echo %up`,
  read(output, all) {
    const tags = new Set(output.split(/\s+/));
    return all.map(({ reference }) => (tags.has('%up') ? tags.has(reference) : { unavailable: 'docker' }));
  },
  decide: (_, present) => (present ? OK : { state: 'change', action: '+', summary: 'pull' }),
  async prepare({ reference }, controller) {
    const { digest, login } = await controller.deliver(reference);
    return { digest, user: login?.user ?? '', password: login?.password ?? '' };
  },
  // By digest, so that what runs is what was pushed; then named, so that Compose and people can say it.
  apply({ reference }, _seen, _facts, { digest = '', user = '', password = '' }) {
    const isPinned = reference.includes('@');
    const pinned = isPinned ? reference : `${reference.slice(0, reference.lastIndexOf(':'))}@${digest}`;
    const registry = reference.slice(0, reference.indexOf('/'));
    return [
      // The login lasts for this one pull: no password stays on the host.
      'c=$(mktemp -d)',
      'trap \'rm -rf "$c"\' EXIT',
      ...(user
        ? [
            `${emit(password)} | docker --config "$c" login --username ${quote(user)} --password-stdin ${quote(registry)} >/dev/null 2>&1 || { echo "login to ${registry} refused"; exit 1; }`,
          ]
        : []),
      `docker --config "$c" pull --quiet ${quote(pinned)} >/dev/null`,
      ...(isPinned ? [] : [`docker tag ${quote(pinned)} ${quote(reference)}`]),
    ].join('\n');
  },
  applySeconds: () => PULL_S,
};

export const image = resourceOf(kind, ({ reference }) => reference.slice(reference.indexOf('/') + 1));

/** Tells the images among the resources of a host. */
export function isImage(resource: Resource): resource is Resource & { args: ImageArgs } {
  return resource.kind === (kind as Resource['kind']);
}
