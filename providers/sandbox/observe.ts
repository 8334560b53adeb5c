import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { dockerRows } from '#engine/local/docker.ts';
import { identityFile } from './identity.ts';
import { ADDRESS_LABEL, FLAGS_LABEL, HOST_LABEL, IMAGE_LABEL, ofEnv } from './names.ts';
import { networkOf } from './network.ts';

export const SSH_PORT = 22;

/** How long a host that is up may take to say hello on its SSH port. */
const BANNER_DEADLINE_MS = 2_000;

/** A host's container as Docker and the network show it. */
export interface SeenHost {
  name: string;
  containerId: string;
  /** Docker's word: `running`, `exited`, `created`, `dead`, … */
  state: string;
  address: string;
  image: string;
  flags: string;
  /** sshd says hello. Only asked of a running container. */
  answers: boolean;
}

export interface SeenSandbox {
  subnet: string | undefined;
  hosts: ReadonlyMap<string, SeenHost>;
  /** The key pair that opens the hosts is there. */
  identity: boolean;
}

const label = (name: string): string => `{{.Label "${name}"}}`;
const COLUMNS = ['{{.ID}}', '{{.State}}', ...[HOST_LABEL, ADDRESS_LABEL, IMAGE_LABEL, FLAGS_LABEL].map(label)];

/** Reads a sandbox in two requests to Docker and one connection per running host. Needs a Docker that answers. */
export async function observe(env: string): Promise<SeenSandbox> {
  const listing = ['ps', '-a', '--no-trunc', '--filter', ofEnv(env), '--format', COLUMNS.join('\t')];
  const [rows, subnet] = await Promise.all([dockerRows(listing), networkOf(env)]);
  const hosts = await Promise.all(
    rows.map(async ([containerId = '', state = '', name = '', address = '', image = '', flags = '']) => {
      const answers = state === 'running' && (await saysHello(address));
      return { name, containerId, state, address, image, flags, answers };
    }),
  );
  return { subnet, hosts: new Map(hosts.map((host) => [host.name, host])), identity: existsSync(identityFile(env)) };
}

/** Whether an SSH server sends its banner (RFC 4253 §4.2) before the deadline. */
export function saysHello(address: string, deadlineMs = BANNER_DEADLINE_MS): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port: SSH_PORT });
    const end = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(deadlineMs, () => end(false));
    socket.once('data', (chunk) => end(chunk.toString('latin1').startsWith('SSH-')));
    socket.once('error', () => end(false));
    socket.once('close', () => end(false));
  });
}
