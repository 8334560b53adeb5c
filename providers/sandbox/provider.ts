import { KitError } from '#engine/errors.ts';
import { checkMachine, missingPrerequisites, preparePrerequisites } from '#engine/local/prerequisites.ts';
import type { Environment, Provider, ProviderChange, Reach } from '#engine/provider.ts';
import { converge } from './converge.ts';
import { hostImage } from './host-image.ts';
import { flagsKey } from './hosts.ts';
import { hostKeys, identityFile } from './identity.ts';
import { containerName } from './names.ts';
import { observe, SSH_PORT } from './observe.ts';
import { planPrerequisites, planSandbox, planUnseen, type WantedSandbox } from './plan.ts';
import { PREREQUISITES, prerequisitesFor } from './prerequisites.ts';
import { publishedPorts } from './publish.ts';

/** Hosts that are containers of this machine, each booting systemd and sshd: as bare as what a cloud hands out. */
export const sandbox: Provider = {
  name: 'sandbox',

  /** Also refuses a machine that cannot do what would be needed, so that nobody confirms a plan that must fail. */
  async plan(environment) {
    const missing = await missingPrerequisites(PREREQUISITES);
    const wanted = await wantedSandbox(environment);
    const changes: ProviderChange[] = [
      ...planPrerequisites(missing),
      ...(missing.docker ? planUnseen(wanted, missing) : planSandbox(wanted, await observe(environment.env))),
    ];
    if (changes.some((change) => !change.kept)) await checkMachine(prerequisitesFor(changes), missing);
    return changes;
  },

  async apply(environment, changes, report) {
    if (changes.every((change) => change.kept)) return;
    publishedPorts(environment);
    await preparePrerequisites(prerequisitesFor(changes), report);
    await converge(environment, report);
  },

  reach,
};

async function wantedSandbox(environment: Environment): Promise<WantedSandbox> {
  const published = publishedPorts(environment);
  const hosts = Object.keys(environment.file.hosts);
  const flags = hosts.map((name) => [name, flagsKey(published.filter((port) => port.host === name))]);
  const { key } = await hostImage();
  return { env: environment.env, hosts, image: key, flags: Object.fromEntries(flags) };
}

async function reach({ env, file }: Environment): Promise<Reach> {
  const next = `make sandbox ENV=${env}`;
  const missing = await missingPrerequisites({ ...PREREQUISITES, tools: [] });
  if (missing.docker) throw new KitError('provider-unavailable', 'no Docker answers on this machine', { next });
  const { hosts } = await observe(env);
  const wanted = Object.keys(file.hosts);
  const absent = wanted.filter((name) => !hosts.has(name));
  if (absent.length > 0) {
    const names = absent.map((name) => containerName(env, name)).join(', ');
    throw new KitError('provider-unavailable', `not booted on this machine: ${names}`, { next });
  }
  const present = wanted.flatMap((name) => hosts.get(name) ?? []);
  // A host that is down keeps its address: whoever connects to it learns that it is unreachable, and the others go on.
  const up = present.filter((host) => host.state === 'running');
  return {
    addresses: Object.fromEntries(
      present.map(({ name, address }) => [name, { address, port: SSH_PORT, internal: address }]),
    ),
    hostKeys: await hostKeys(env, up),
    identityFile: identityFile(env),
  };
}
