/** Connections of the kit to real sshds, with an operator's configuration, keys and private folder of their own. */

import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll } from 'vitest';
import type { Access, Host } from '#engine/inventory/inventory.ts';
import type { Piece } from '#engine/program.ts';
import { Connection } from '#engine/transport/connection.ts';
import { privateFolder, writeKnownHosts } from '#engine/transport/private-folder.ts';
import { installSshd, newKey, type SshdOptions, TestSshd } from './sshd.ts';

const run = promisify(execFile);
const INSTALL_MS = 300_000;

export interface Login {
  /** What the inventory says: an address or a name of the configuration. */
  address?: string;
  port?: number;
  user?: string;
  bootstrapUser?: string;
  /** Lines of known_hosts. */
  pins?: readonly string[];
  env?: string;
  name?: string;
}

export interface SshWorld {
  folder: string;
  /** The private half of the operator's key. */
  key: string;
  /** Starts a server that lets the operator's key in, until the tests of the file are over. */
  sshd(name: string, options?: Partial<SshdOptions>): Promise<TestSshd>;
  /** The operator's ~/.ssh/config, in place of what it was. */
  configure(text: string): void;
  connect(sshd: TestSshd, login?: Login): Connection;
  /** Names in the private folder that begin so: `c-` control sockets, `t-` tunnels. */
  left(prefix: string): string[];
  /** Ends every shared connection. */
  hangUp(): Promise<void>;
}

/** Sets the world up for the tests of a file. */
export function sshWorld(folder: string): SshWorld {
  const before = { ...process.env };
  const key = join(folder, 'operator');
  const servers: TestSshd[] = [];
  const config = join(folder, 'ssh_config');
  const left = (prefix: string): string[] => readdirSync(privateFolder()).filter((name) => name.startsWith(prefix));
  const hangUp = async (): Promise<void> => {
    await Promise.all(
      left('c-').map((name) =>
        run('ssh', ['-F', 'none', '-o', `ControlPath=${join(privateFolder(), name)}`, '-O', 'exit', 'x']).catch(
          () => {},
        ),
      ),
    );
  };
  const configure = (text: string): void => writeFileSync(config, `${text}\n`);
  beforeAll(async () => {
    await installSshd();
    process.env.XDG_RUNTIME_DIR = join(folder, 'run');
    process.env.ODIN_SSH_CONFIG = config;
    delete process.env.SSH_AUTH_SOCK;
    mkdirSync(process.env.XDG_RUNTIME_DIR, { mode: 0o700 });
    newKey(key);
    configure(`Host *\n  IdentityFile ${key}`);
  }, INSTALL_MS);
  afterAll(async () => {
    await hangUp();
    await Promise.all(servers.map((server) => server.stop()));
    process.env = before;
  });
  return {
    folder,
    key,
    configure,
    left,
    hangUp,
    async sshd(name, options = {}) {
      const server = await TestSshd.start(join(folder, name), { keys: [key], ...options });
      servers.push(server);
      return server;
    },
    connect(server, login = {}) {
      const { address = '127.0.0.1', user = 'root', env = 'test', name = 'box' } = login;
      const host: Host = {
        name,
        groups: ['ws'],
        address,
        port: login.port ?? server.port,
        internal: address,
        vars: {},
      };
      const access: Access = {
        user,
        bootstrapUser: login.bootstrapUser ?? user,
        hostKeys: login.pins ?? [server.pin()],
      };
      return new Connection(host, access, env, writeKnownHosts(env, access));
    },
  };
}

export const ONE: readonly Piece[] = [{ id: 'who', script: 'id -un; echo "$HOME"', timeoutSeconds: 5 }];

/** Runs {@link ONE} and returns what it printed. */
export async function whoami(connection: Connection): Promise<string | undefined> {
  const { answers } = await connection.execute(ONE, { deadlineSeconds: 20 });
  return answers.get('who')?.output;
}
