import { KitError } from '#engine/errors.ts';
import { type Inventory, inGroup } from '#engine/inventory/inventory.ts';
import type { Reporter } from '#engine/report/reporter.ts';
import type { Controller, Delivered } from '#engine/resource.ts';
import { build } from '../build/build.ts';
import { digestOf, push } from '../build/push.ts';
import type { BuiltImage, Recipe } from '../build/recipe.ts';
import { repositoryOf } from '../build/recipe.ts';
import { IMAGES, type ImageName, recipes } from '../build/recipes.ts';
import { releaseOf } from '../build/release.ts';

/** The images of one environment: how hosts name them, and how they get into its registry. */
export interface Delivery {
  /** `10.128.0.2:5000/odin/ws-server:4f1c0a9be210`. Throws `internal` for an image that no recipe makes. */
  reference(name: string): string;
  /** Makes sure that the registry holds a reference. */
  deliver(reference: string, controller: Controller): Promise<Delivered>;
  /** Begins to build what will be delivered, while hosts are still being prepared. */
  begin(references: readonly string[]): void;
}

/** Who pushes and pulls, and the name of the secret that lets them. */
export interface RegistryLogin {
  user: string;
  secret: string;
}

/** Images that are built here and pushed once into the environment's own registry on the first backend host. */
export async function deliveryByBuild(
  inventory: Inventory,
  { user, secret }: RegistryLogin,
  report: Reporter,
): Promise<Delivery> {
  const made = await recipes();
  const releases = new Map(await Promise.all(IMAGES.map(async (name) => [name, await releaseOf(made[name])] as const)));
  const [home] = inGroup(inventory, 'backend');
  if (!home) throw new KitError('internal', 'no backend host carries a registry');
  const { port } = home.vars.registry as { port: number };
  const registry = `${home.internal}:${port}`;
  const builds = new Map<string, Promise<BuiltImage>>();

  const nameOf = (reference: string): ImageName => {
    const name = IMAGES.find((each) => reference === referenceOf(each));
    if (name) return name;
    throw new KitError('internal', `no recipe makes ${reference}`);
  };
  const referenceOf = (name: string): string => {
    const release = releases.get(name as ImageName);
    if (!release) throw new KitError('internal', `no recipe makes an image ${name}`);
    return `${registry}/${repositoryOf(name)}:${release}`;
  };
  /** All at once, so that a base that two images share is made once. */
  const begin = (references: readonly string[]): void => {
    const names = [...new Set(references.map(nameOf))].filter((name) => !builds.has(name));
    if (names.length === 0) return;
    const all = build(
      names.map((name): Recipe => made[name]),
      report,
    );
    // Whoever needs the image hears of the failure; it must not end the process before.
    all.catch(() => undefined);
    for (const [i, name] of names.entries()) {
      const one = all.then((images) => images[i] as BuiltImage);
      one.catch(() => undefined);
      builds.set(name, one);
    }
  };

  return {
    reference: referenceOf,
    begin,
    async deliver(reference, controller) {
      const name = nameOf(reference);
      const near = await controller.tunnel(home.name, home.internal, port);
      const login = { user, password: await controller.secret(secret) };
      const known = await digestOf(near, name, releases.get(name) ?? '', login);
      if (known) return { digest: known, login };
      begin([reference]);
      return { digest: await push(await (builds.get(name) as Promise<BuiltImage>), near, login, report), login };
    },
  };
}
