import { join } from 'node:path';
import { ROOT } from './checkout.ts';
import { kafkaJars } from './kafka-jars.ts';
import { closureOf, type LockPackages, readLock } from './lockfile.ts';
import { nodeBinary, nodeVersion } from './node-binary.ts';
import { dependenciesKey, productionModules } from './node-modules.ts';
import type { DockerfileRecipe, Recipe } from './recipe.ts';

/** Debian without an init system. tini reaps what a process leaves behind and passes signals on. */
const BASE: Recipe = {
  kind: 'rootfs',
  name: 'base',
  rootfs: {
    name: 'base',
    suite: 'trixie',
    packages: ['ca-certificates', 'tini'],
    setup: join(ROOT, 'fleet/build/images/base'),
  },
};

/** The images that roles ask for by name. */
export const IMAGES = ['kafka', 'publisher', 'ws-server', 'prometheus'] as const;
export type ImageName = (typeof IMAGES)[number];

/** The recipes of this checkout. Throws `build-failed` where package-lock.json is behind the apps' manifests. */
export async function recipes(): Promise<Record<ImageName | 'base' | 'node', Recipe>> {
  const [version, lock] = await Promise.all([nodeVersion(), readLock(ROOT)]);
  const node: Recipe = {
    kind: 'dockerfile',
    name: 'node',
    base: BASE,
    dockerfile: 'fleet/build/images/node/Dockerfile',
    inputs: [],
    args: { NODE_VERSION: version },
    extras: nodeBinary,
  };
  return {
    base: BASE,
    node,
    kafka: {
      ...ofRole('kafka', 'roles/broker/image'),
      extras: async () => [{ from: await kafkaJars(), to: 'libs' }],
    },
    prometheus: ofRole('prometheus', 'roles/metrics/image'),
    publisher: ofApp('publisher', node, lock),
    'ws-server': ofApp('ws-server', node, lock),
  };
}

/** An image whose Dockerfile and files are in a role's folder. */
function ofRole(name: string, folder: string): DockerfileRecipe {
  return { kind: 'dockerfile', name, base: BASE, dockerfile: `${folder}/Dockerfile`, inputs: [folder], args: {} };
}

/**
 * An app with the workspaces that it uses. The context is `apps/` and `node_modules/` beside the Dockerfile, as in the
 * checkout, so that imports between workspaces work alike.
 */
function ofApp(app: string, node: Recipe, lock: LockPackages): DockerfileRecipe {
  const workspace = `apps/${app}`;
  const closure = closureOf(lock, workspace);
  return {
    kind: 'dockerfile',
    name: app,
    base: node,
    dockerfile: `${workspace}/Dockerfile`,
    inputs: closure.workspaces,
    args: { DEPENDENCIES: dependenciesKey(closure) },
    extras: (report) => productionModules(workspace, closure, report),
  };
}
