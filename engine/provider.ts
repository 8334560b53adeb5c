import type { HostAddress } from './inventory/inventory.ts';
import type { InventoryFile } from './inventory/schema.ts';
import type { Reporter } from './report/reporter.ts';

/** One thing that a provider would create, alter or remove. */
export interface ProviderChange {
  action: '+' | '~' | '-';
  /** What it is, in the provider's words: `host ws-1`, `network odin-sandbox`. */
  what: string;
  detail?: string;
  /** Shown only: `apply` leaves it as it is, and says in `detail` what a person can do. */
  kept?: boolean;
}

/** An environment as its provider sees it: the name and the validated file. */
export interface Environment {
  env: string;
  file: InventoryFile;
}

/** How to reach what a provider made. */
export interface Reach {
  addresses: Record<string, HostAddress>;
  /** Lines of a known_hosts file, read over a channel that the provider trusts. */
  hostKeys: string[];
  identityFile?: string;
}

/** Where hosts come from. `plan` changes nothing; `apply` makes the file true; `reach` says how to get there. */
export interface Provider {
  readonly name: 'static' | 'gce' | 'sandbox';
  plan(environment: Environment): Promise<ProviderChange[]>;
  apply(environment: Environment, changes: ProviderChange[], report: Reporter): Promise<void>;
  /** Throws `provider-unavailable` or `unreachable` where the hosts do not exist. */
  reach(environment: Environment): Promise<Reach>;
}
