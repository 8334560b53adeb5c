import type { Content } from './content.ts';
import type { Facts } from './facts.ts';
import type { Host, Inventory } from './inventory/inventory.ts';
import type { Reporter } from './report/reporter.ts';

/** The state of a thing cannot be read until something else is there. */
export interface Unavailable {
  /** What must come first: `docker`, `the broker`. */
  unavailable: string;
}

/** What `decide` says: all is well, or what would change. */
export type Decision =
  | { state: 'ok' }
  | {
      state: 'change';
      /** `+` comes to be, `~` changes, `-` goes. */
      action: '+' | '~' | '-';
      /** One line for the plan: what differs. Never a secret. */
      summary: string;
      /** Whole texts for --diff, where there are some and they are no secret. */
      before?: string;
      after?: string;
      /** A line each where a resource is several things: `- conf.d/old.conf`. */
      parts?: readonly string[];
    };

export const OK: Decision = { state: 'ok' };

/** What a host needs to pull an image. */
export interface Delivered {
  /** Of the manifest: `sha256:…`. */
  digest: string;
  /** Absent where the registry lets everyone read. */
  login?: { user: string; password: string };
}

/** What the controller can do for a resource besides running shell on its host. */
export interface Controller {
  inventory: Inventory;
  report: Reporter;
  /** A Unix socket on this machine that leads to `address:port` as `host` sees it, through its SSH connection. */
  socket(host: string, address: string, port: number): Promise<string>;
  /** Listens on 127.0.0.1 of this machine; returns the port. */
  tunnel(host: string, address: string, port: number): Promise<number>;
  /** Makes sure that the registry of the environment holds the release. */
  deliver(image: string): Promise<Delivered>;
  /** The value of a secret that the inventory names: from the environment file, else from the hosts. */
  secret(name: string): Promise<string>;
}

/**
 * A kind of thing that a host can have. `probe` reads the state of all resources of this kind with one piece of shell,
 * `decide` is pure, `apply` is the shell that closes the gap.
 */
export interface HostKind<Args = unknown, Seen = unknown> {
  readonly where: 'host';
  readonly name: string;
  /** Seconds until a probe of this kind is given up. */
  readonly timeoutSeconds?: number;
  probe(all: readonly Args[], options: ProbeOptions): string;
  /** One entry per resource, in the order of `all`. */
  read(output: string, all: readonly Args[]): (Seen | Unavailable)[];
  decide(args: Args, seen: Seen, facts: Facts): Decision;
  /** The part of what was seen that must be the same when the change is made. Everything, where this is not given. */
  digest?(args: Args, seen: Seen, facts: Facts): unknown;
  /** Work on the controller that must precede `apply`, such as delivering an image. */
  prepare?(args: Args, controller: Controller): Promise<Record<string, string>>;
  /** POSIX sh, run with `set -e`. `prepared` is what `prepare` returned. */
  apply(args: Args, seen: Seen | undefined, facts: Facts, prepared: Record<string, string>): string;
  /** What `apply` reads from descriptor INPUT_FD, in this order: see Piece. */
  input?(args: Args, seen: Seen | undefined): readonly Content[];
  /** Seconds that `apply` may take. */
  applySeconds?(args: Args): number;
}

/** A kind of thing that is reached from the controller, through a tunnel to the resource's host. */
export interface ControllerKind<Args = unknown, Seen = unknown> {
  readonly where: 'controller';
  readonly name: string;
  /** The role on the same host that must be as wanted before this can be read. */
  readonly after: string;
  observe(args: Args, host: Host, controller: Controller): Promise<Seen | Unavailable>;
  decide(args: Args, seen: Seen): Decision;
  perform(args: Args, seen: Seen | undefined, host: Host, controller: Controller): Promise<void>;
}

export interface ProbeOptions {
  /** Bring back the text of files that differ, for --diff. */
  diff: boolean;
}

/** One thing that a role wants on one host. */
export interface Resource {
  kind: HostKind | ControllerKind;
  /** Unique on its host: `file /etc/docker/daemon.json`. */
  id: string;
  args: unknown;
}

/** Makes the function by which roles ask for resources of a kind. */
export function resourceOf<Args, Seen>(
  kind: HostKind<Args, Seen> | ControllerKind<Args, Seen>,
  name: (args: Args) => string,
) {
  return (args: Args): Resource => ({
    kind: kind as HostKind | ControllerKind,
    id: `${kind.name} ${name(args)}`,
    args,
  });
}

export function isUnavailable(seen: unknown): seen is Unavailable {
  return typeof seen === 'object' && seen !== null && 'unavailable' in seen;
}
