import { existsSync } from 'node:fs';
import { KitError } from '#engine/errors.ts';
import { lastLines } from '#engine/local/command.ts';
import { buildRootfs, rootfsArchive } from '#engine/local/debootstrap.ts';
import { docker, dockerVersion, hasImage, tryDocker } from '#engine/local/docker.ts';
import { DEBOOTSTRAP, preparePrerequisites } from '#engine/local/prerequisites.ts';
import type { Reporter } from '#engine/report/reporter.ts';
import { withContext } from './context.ts';
import { type BuiltImage, type DockerfileRecipe, type Recipe, type RootfsRecipe, tagOf } from './recipe.ts';
import { releaseOf } from './release.ts';

/** Downloads from a mirror, a Java runtime and its class archive: a few minutes on a slow machine. */
const BUILD_DEADLINE_MS = 900_000;

/** Bytes that must be free for images and build contexts. */
const BUILD_DISK_BYTES = 4e9;

/**
 * Makes the images that this machine's Docker does not hold yet, each base once, independent ones side by side. In the
 * recipes' order. Throws `build-failed` with the last lines of what failed, `provider-unavailable` where it cannot build.
 */
export async function build(recipes: readonly Recipe[], report: Reporter): Promise<BuiltImage[]> {
  const images = await Promise.all(recipes.map(describe));
  if ((await dockerVersion()) !== undefined && (await areThere(images))) return images;
  await prepare(recipes, report);
  const begun = new Map<string, Promise<BuiltImage>>();
  return Promise.all(recipes.map((recipe) => once(recipe, begun, report)));
}

async function describe(recipe: Recipe): Promise<BuiltImage> {
  const release = await releaseOf(recipe);
  return { name: recipe.name, release, tag: tagOf(recipe.name, release) };
}

const areThere = async (images: readonly BuiltImage[]): Promise<boolean> =>
  (await Promise.all(images.map(({ tag }) => hasImage(tag)))).every(Boolean);

/** debootstrap, and root for it, are needed only where an image begins from nothing that the cache does not hold. */
async function prepare(recipes: readonly Recipe[], report: Reporter): Promise<void> {
  const archives = await Promise.all(recipes.map((recipe) => rootfsArchive(bottomOf(recipe).rootfs)));
  const root = !archives.every((archive) => existsSync(archive));
  const tools = root ? [DEBOOTSTRAP] : [];
  await preparePrerequisites({ tools, root, memory: 0, disk: BUILD_DISK_BYTES }, report);
}

function bottomOf(recipe: Recipe): RootfsRecipe {
  return recipe.kind === 'rootfs' ? recipe : bottomOf(recipe.base);
}

function once(recipe: Recipe, begun: Map<string, Promise<BuiltImage>>, report: Reporter): Promise<BuiltImage> {
  const known = begun.get(recipe.name) ?? one(recipe, begun, report);
  begun.set(recipe.name, known);
  return known;
}

async function one(recipe: Recipe, begun: Map<string, Promise<BuiltImage>>, report: Reporter): Promise<BuiltImage> {
  const image = await describe(recipe);
  if (await hasImage(image.tag)) {
    report.verbose('local', `${image.tag} is there`);
    return image;
  }
  if (recipe.kind === 'rootfs') {
    await importRootfs(recipe, image, report);
    return image;
  }
  const base = await once(recipe.base, begun, report);
  const started = performance.now();
  report.step('local', `building ${image.tag}`);
  await withContext(recipe, report, (context) => dockerBuild(recipe, image, base, context, report));
  report.done('local', `built ${image.tag} (${await sizeOf(image.tag)})`, performance.now() - started);
  return image;
}

async function importRootfs({ rootfs }: RootfsRecipe, { tag }: BuiltImage, report: Reporter): Promise<void> {
  const archive = await buildRootfs(rootfs, report);
  await docker(['import', '--change', 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin', archive, tag]);
  report.done('local', `imported ${tag} (${await sizeOf(tag)})`);
}

async function dockerBuild(
  recipe: DockerfileRecipe,
  image: BuiltImage,
  base: BuiltImage,
  context: string,
  report: Reporter,
): Promise<void> {
  const args = { BASE: base.tag, RELEASE: image.release, ...recipe.args };
  const command = [
    ...['build', '--tag', image.tag],
    // The machine's own resolver: inside a bridge a resolver on 127.0.0.1 is out of reach.
    ...['--network', 'host'],
    ...Object.entries(labelsOf(image)).flatMap(([key, value]) => ['--label', `${key}=${value}`]),
    ...Object.entries(args).flatMap(([key, value]) => ['--build-arg', `${key}=${value}`]),
    context,
  ];
  const printed: string[] = [];
  const onLine = (line: string): void => {
    printed.push(line);
    report.verbose('local', line);
  };
  const result = await tryDocker(command, { deadlineMs: BUILD_DEADLINE_MS, onLine });
  if (result.status === 0) return;
  throw new KitError('build-failed', `${image.tag} could not be built`, {
    resource: recipe.dockerfile,
    exitStatus: result.status,
    lastLines: lastLines(printed.join('\n')),
  });
}

/** The OCI's own names for what a person asks of an image: which one, since when. */
const labelsOf = ({ name, release }: BuiltImage): Record<string, string> => ({
  'org.opencontainers.image.title': `odin/${name}`,
  'org.opencontainers.image.version': release,
  'org.opencontainers.image.created': new Date().toISOString(),
});

async function sizeOf(tag: string): Promise<string> {
  const bytes = Number(await docker(['image', 'inspect', '--format', '{{.Size}}', tag]));
  return `${(bytes / 1e6).toFixed(0)} MB`;
}
