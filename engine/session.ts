import { createServer } from 'node:net';
import { KitError } from './errors.ts';
import { inventoryFiles } from './inventory/folder.ts';
import type { Host, Inventory } from './inventory/inventory.ts';
import type { Reporter } from './report/reporter.ts';
import type { Controller, Delivered } from './resource.ts';
import { keepQuestions } from './transport/ahead.ts';
import { Connection } from './transport/connection.ts';
import { sweepPrivateFolder, writeKnownHosts } from './transport/private-folder.ts';

/** What the rooms above hand in, because the engine knows neither images nor secrets. */
export interface Services {
  deliver(image: string, controller: Controller): Promise<Delivered>;
  secret(name: string, session: Session): Promise<string>;
}

/** A port of 127.0.0.1 that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== 'object' || !address) throw new KitError('internal', 'no free port on 127.0.0.1');
  return address.port;
}

/** The connections of one run, and what the controller can do through them. */
export class Session {
  readonly inventory: Inventory;
  readonly controller: Controller;
  private readonly connections = new Map<string, Connection>();
  private readonly tunnels = new Map<string, Promise<number>>();
  private readonly knownHosts: string;

  constructor(inventory: Inventory, report: Reporter, services: Services) {
    this.inventory = inventory;
    inventory.secrets.hideWith(report.hide);
    // In this order: what was asked ahead reads them.
    this.knownHosts = writeKnownHosts(inventory.env, inventory.access);
    sweepPrivateFolder();
    const deliveries = new Map<string, Promise<Delivered>>();
    const controller: Controller = {
      inventory,
      report,
      socket: (host, address, port) => this.connectionTo(host).forward(address, port),
      tunnel: (host, address, port) => this.tunnel(host, address, port),
      // Many hosts may want one image: it is delivered once.
      deliver: (image) => {
        const known = deliveries.get(image) ?? services.deliver(image, controller);
        deliveries.set(image, known);
        return known;
      },
      secret: async (name) => {
        const value = await services.secret(name, this);
        report.hide(value);
        return value;
      },
    };
    this.controller = controller;
  }

  connection(host: Host): Connection {
    const known = this.connections.get(host.name);
    if (known) return known;
    const made = new Connection(host, this.inventory.access, this.inventory.env, this.knownHosts);
    this.connections.set(host.name, made);
    return made;
  }

  private connectionTo(name: string): Connection {
    const host = this.inventory.hosts.find((each) => each.name === name);
    if (!host) throw new KitError('internal', `no host ${name} in the inventory`);
    return this.connection(host);
  }

  private tunnel(host: string, address: string, port: number): Promise<number> {
    const key = `${host}>${address}:${port}`;
    const open = async (): Promise<number> => {
      const local = await freePort();
      await this.connectionTo(host).forward(address, port, local);
      return local;
    };
    const known = this.tunnels.get(key) ?? open();
    this.tunnels.set(key, known);
    return known;
  }

  async close(): Promise<void> {
    await Promise.all([...this.connections.values()].map((connection) => connection.close()));
    const { env, access } = this.inventory;
    // The key of a sandbox is as old as its hosts.
    keepQuestions([...inventoryFiles(env), ...(access.identityFile ? [access.identityFile] : [])], this.knownHosts);
  }
}
