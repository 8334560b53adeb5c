import type { SecretFile } from '../secrets/secret-file.ts';
import type { Group, InventoryFile } from './schema.ts';

/** A host of the environment with its address known. Frozen once loaded. */
export interface Host {
  /** The name in the inventory; also the SSH alias and the host name. */
  name: string;
  groups: readonly Group[];
  /** What SSH connects to, from the operator's machine. */
  address: string;
  port: number;
  /** The address that the other hosts of the environment use. */
  internal: string;
  /** Bytes of memory that the machine type promises, if the file says. */
  memory?: number;
  /** Every role's variables, merged from all levels and validated by the role's schema. */
  vars: Readonly<Record<string, unknown>>;
}

/** How SSH reaches the hosts of one environment. */
export interface Access {
  /** Who deploys. The baseline role creates the user. */
  user: string;
  /** Who the first login is, before the deploy user exists. */
  bootstrapUser: string;
  identityFile?: string;
  /** Lines of a known_hosts file: the only host keys that are accepted. */
  hostKeys: readonly string[];
}

/** A validated environment whose hosts can be addressed. */
export interface Inventory {
  /** The environment's name: `inventory/<env>.yml`. */
  env: string;
  file: InventoryFile;
  hosts: readonly Host[];
  access: Access;
  /** What this machine knows of the environment's secrets. */
  secrets: SecretFile;
}

/** What a provider knows about one host: filled in where the inventory file is silent. */
export interface HostAddress {
  address: string;
  port: number;
  internal: string;
}

/** The hosts of a group, in file order. */
export function inGroup(inventory: Inventory, group: Group): Host[] {
  return inventory.hosts.filter((host) => host.groups.includes(group));
}
