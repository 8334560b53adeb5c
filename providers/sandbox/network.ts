import { networkInterfaces } from 'node:os';
import { KitError } from '#engine/errors.ts';
import { CommandError } from '#engine/local/command.ts';
import { docker, dockerRows } from '#engine/local/docker.ts';
import { ENV_LABEL, networkName, ofEnv, SUBNET_LABEL } from './names.ts';

/** Sandboxes take /24 networks out of 10.77.0.0/16. */
const POOL = '10.77';
const POOL_SIZE = 256;

/** The first address for a host: below it are the gateway and room for a person's own containers. */
const FIRST_HOST = 11;
const LAST_HOST = 254;

/** The sandbox's network (`10.77.0.0/24`), or undefined where it does not exist. */
export async function networkOf(env: string): Promise<string | undefined> {
  const rows = await dockerRows(['network', 'ls', '--filter', ofEnv(env), '--format', `{{.Label "${SUBNET_LABEL}"}}`]);
  return rows[0]?.[0];
}

/** The free networks of the pool, lowest first. `taken` are IPv4 networks or addresses in use. Pure. */
export function freeSubnets(taken: readonly string[]): string[] {
  const used = new Set(taken.flatMap(poolIndexes));
  const all = Array.from({ length: POOL_SIZE }, (_, index) => index);
  return all.filter((index) => !used.has(index)).map((index) => `${POOL}.${index}.0/24`);
}

/** Which /24 of the pool a network touches. */
function poolIndexes(network: string): number[] {
  const [address = '', length = '32'] = network.split('/');
  const octets = address.split('.').map(Number);
  const bits = Number(length);
  const value = ((octets[0] ?? 0) << 8) | (octets[1] ?? 0);
  const pool = (10 << 8) | 77;
  const mask = bits >= 16 ? 0xffff : (0xffff << (16 - bits)) & 0xffff;
  if ((value & mask) !== (pool & mask)) return [];
  if (bits <= 16) return Array.from({ length: POOL_SIZE }, (_, index) => index);
  const first = bits >= 24 ? (octets[2] ?? 0) : (octets[2] ?? 0) & (0xff << (24 - bits));
  return Array.from({ length: bits >= 24 ? 1 : 2 ** (24 - bits) }, (_, index) => first + index);
}

/** Makes the network where it does not exist, and returns its IPv4 network. Throws `provider-unavailable` when none is free. */
export async function prepareNetwork(env: string): Promise<string> {
  const existing = await networkOf(env);
  if (existing) return existing;
  for (const subnet of freeSubnets(await takenNetworks())) {
    if (await create(env, subnet)) return subnet;
  }
  throw new KitError('provider-unavailable', `no network of ${POOL}.0.0/16 is free on this machine`, {
    next: 'docker network ls',
  });
}

/** False when another sandbox took the network in the same moment: Docker refuses overlaps. */
async function create(env: string, subnet: string): Promise<boolean> {
  const labels = [`${ENV_LABEL}=${env}`, `${SUBNET_LABEL}=${subnet}`].flatMap((label) => ['--label', label]);
  try {
    await docker(['network', 'create', '--driver', 'bridge', '--subnet', subnet, ...labels, networkName(env)]);
    return true;
  } catch (error) {
    if (error instanceof CommandError && /overlap/i.test(error.lastLines)) return false;
    throw error;
  }
}

async function takenNetworks(): Promise<string[]> {
  const local = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
  const addresses = local.filter((entry) => entry.family === 'IPv4').map((entry) => entry.cidr ?? entry.address);
  const ids = (await dockerRows(['network', 'ls', '-q'])).flat();
  const template = '{{range .IPAM.Config}}{{println .Subnet}}{{end}}';
  const subnets = (await dockerRows(['network', 'inspect', '--format', template, ...ids])).flat();
  return [...addresses, ...subnets].filter(Boolean);
}

/**
 * An address for each host that has none, in the inventory's order; an address once given stays, so that a host added
 * later takes the next free one. Pure. Throws `provider-unavailable` when the network is full.
 */
export function assignAddresses(
  subnet: string,
  hosts: readonly string[],
  given: Readonly<Record<string, string>>,
): Record<string, string> {
  const prefix = subnet.split('.').slice(0, 3).join('.');
  const used = new Set(Object.values(given));
  const addresses: Record<string, string> = {};
  let next = FIRST_HOST;
  for (const host of hosts) {
    const known = given[host];
    while (known === undefined && used.has(`${prefix}.${next}`)) next += 1;
    if (known === undefined && next > LAST_HOST)
      throw new KitError('provider-unavailable', `${subnet} is full`, { host });
    addresses[host] = known ?? `${prefix}.${next}`;
    used.add(addresses[host] ?? '');
  }
  return addresses;
}
