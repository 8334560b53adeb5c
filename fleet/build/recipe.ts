import type { Rootfs } from '#engine/local/debootstrap.ts';
import type { Reporter } from '#engine/report/reporter.ts';

/** An image as a value. What goes in decides its release; the steps that make it are data too. */
export type Recipe = RootfsRecipe | DockerfileRecipe;

/** An image that begins from nothing: a root filesystem. */
export interface RootfsRecipe {
  kind: 'rootfs';
  name: string;
  rootfs: Rootfs;
}

/** An image on top of another one. */
export interface DockerfileRecipe {
  kind: 'dockerfile';
  name: string;
  /** Its tag is the build argument BASE. */
  base: Recipe;
  /** Relative to the checkout, like every path here. */
  dockerfile: string;
  /** Files and folders of the checkout that are copied into the build context at the same path. */
  inputs: readonly string[];
  /** Build arguments. They count for the release, so whatever decides an extra's content belongs here or in `inputs`. */
  args: Readonly<Record<string, string>>;
  /** What the context needs and the checkout does not hold: downloads, installed packages. */
  extras?: (report: Reporter) => Promise<Extra[]>;
}

/** A file or folder of this machine, and where in the build context it goes. */
export interface Extra {
  from: string;
  to: string;
}

/** An image that this machine's Docker holds. */
export interface BuiltImage {
  name: string;
  release: string;
  tag: string;
}

/** The repository of an image, on this machine and in the registry alike. */
export const repositoryOf = (name: string): string => `odin/${name}`;
export const tagOf = (name: string, release: string): string => `${repositoryOf(name)}:${release}`;
