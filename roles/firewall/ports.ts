import { type Host, type Inventory, inGroup } from '#engine/inventory/inventory.ts';
import { CONTROLLER_PORT } from '../broker/properties.ts';
import { STATS_PORT } from '../load-balancer/config.ts';

/** Who may open connections to one TCP port of a host. */
export interface Opening {
  port: number;
  /** IPv4 networks. */
  from: readonly string[];
  /** What listens there, for people. */
  what: string;
}

const portOf = (host: Host, role: string): number => (host.vars[role] as { port: number }).port;
const hostNetworks = (hosts: readonly Host[]): string[] => [...new Set(hosts.map(({ internal }) => `${internal}/32`))];

/** Every port of a host that others may reach. What is not in here is closed, also behind Docker's published ports. */
export function openings(host: Host, inventory: Inventory): Opening[] {
  const { network } = inventory.file;
  const internal = network.internal ? [network.internal] : hostNetworks(inventory.hosts);
  const backends = inGroup(inventory, 'backend');
  const clients = hostNetworks([...inGroup(inventory, 'ws'), ...backends]);
  const balanced = inGroup(inventory, 'lb').length > 0;
  const list: Opening[] = [{ port: host.port, from: [...new Set([...network.management, ...internal])], what: 'SSH' }];
  if (host.groups.includes('backend')) {
    list.push({ port: portOf(host, 'broker'), from: clients, what: 'Kafka' });
    if (backends.length > 1)
      list.push({ port: CONTROLLER_PORT, from: hostNetworks(backends), what: 'Kafka controllers' });
    if (host === backends[0]) list.push({ port: portOf(host, 'registry'), from: clients, what: 'image registry' });
  }
  if (host.groups.includes('ws')) {
    // Behind our own balancer only it and Prometheus come; a cloud balancer passes the clients' own packets through.
    list.push({ port: portOf(host, 'ws-server'), from: balanced ? internal : network.public, what: 'WebSocket feed' });
  }
  if (host.groups.includes('lb'))
    list.push({ port: portOf(host, 'load-balancer'), from: network.public, what: 'WebSocket feed' });
  if (host.groups.includes('lb'))
    list.push({ port: STATS_PORT, from: hostNetworks(backends), what: 'HAProxy metrics' });
  return list;
}
