import { type HostKind, OK, type Resource, resourceOf } from '../resource.ts';
import { quote, words } from '../shell.ts';

/** An image that must be in the host's Docker, by the reference that Compose will name. */
export interface ImageArgs {
  /** `10.128.0.2:5000/odin/ws-server:4f1c0a9be210` */
  reference: string;
}

/** Present or not. */
type ImageSeen = boolean;

const PULL_S = 600;

const kind: HostKind<ImageArgs, ImageSeen> = {
  where: 'host',
  name: 'docker.image',
  probe: (all) =>
    `command -v docker >/dev/null || exit 3\ndocker image inspect --format '{{join .RepoTags " "}}' ${words(...all.map(({ reference }) => reference))} 2>/dev/null\ndocker info --format ok >/dev/null 2>&1 && echo %up`,
  read(output, all) {
    const tags = new Set(output.split(/\s+/));
    return all.map(({ reference }) => (tags.has('%up') ? tags.has(reference) : { unavailable: 'docker' }));
  },
  decide: (_, present) => (present ? OK : { state: 'change', action: '+', summary: 'pull' }),
  prepare: async ({ reference }, controller) => ({ digest: await controller.deliver(reference) }),
  // By digest, so that what runs is what was pushed; then named, so that Compose and people can say it.
  apply({ reference }, _seen, _facts, { digest = '' }) {
    const pinned = `${reference.slice(0, reference.lastIndexOf(':'))}@${digest}`;
    return `docker pull --quiet ${quote(pinned)} >/dev/null\ndocker tag ${quote(pinned)} ${quote(reference)}`;
  },
  applySeconds: () => PULL_S,
};

export const image = resourceOf(kind, ({ reference }) => reference.slice(reference.indexOf('/') + 1));

/** Tells the images among the resources of a host. */
export function isImage(resource: Resource): resource is Resource & { args: ImageArgs } {
  return resource.kind === (kind as Resource['kind']);
}
