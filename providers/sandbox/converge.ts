import { existsSync } from 'node:fs';
import type { Environment } from '#engine/provider.ts';
import type { Reporter } from '#engine/report/reporter.ts';
import { capabilityFlags } from './capabilities.ts';
import { collectPackages, offerPackages } from './debs.ts';
import { hostImage, prepareHostImage } from './host-image.ts';
import { authorize, bootHost, createHost, type NewHost, openFilesLimit, removeHost } from './hosts.ts';
import { identityFile, prepareIdentity } from './identity.ts';
import { assignAddresses, prepareNetwork } from './network.ts';
import { observe, type SeenHost } from './observe.ts';
import { repairOf } from './plan.ts';
import { checkPortsFree, publishedPorts } from './publish.ts';

/** Below this a load test on a sandbox meets the limit of open files before it meets ours. */
const COMFORTABLE_OPEN_FILES = 65_536;

/**
 * Makes a sandbox true: network, image, key, hosts. Looks again at what exists, so that a run that was cut off is simply
 * started once more. Throws `port-taken`, `build-failed`, `host-boot-failed`, `provider-unavailable`.
 */
export async function converge(environment: Environment, report: Reporter): Promise<void> {
  const { env, file } = environment;
  const names = Object.keys(file.hosts);
  const { hosts } = await observe(env);
  const ports = publishedPorts(environment);
  const isDown = (name: string): boolean => hosts.get(name)?.state !== 'running';
  await checkPortsFree(
    env,
    ports.filter((port) => isDown(port.host)),
  );

  // A host that exists boots from its own disk: it needs no image, least of all a newer one.
  if (names.some((name) => mustBeMade(hosts.get(name)))) await prepareHostImage(report);
  const subnet = await prepareNetwork(env);
  const newKey = !existsSync(identityFile(env));
  const publicKey = await prepareIdentity(env);
  await collectPackages(env);
  const given = Object.fromEntries([...hosts.values()].map((host) => [host.name, host.address]));
  const addresses = assignAddresses(subnet, names, given);
  const [image, capabilities] = await Promise.all([hostImage(), capabilityFlags()]);

  const booted = await Promise.all(
    names.map(async (name) => {
      const publish = ports.filter((port) => port.host === name);
      const wanted = { env, name, image, address: addresses[name] ?? '', publish, capabilities };
      return makeServe(wanted, hosts.get(name), { publicKey, newKey }, report);
    }),
  );
  if (booted.some(Boolean)) await sayOpenFiles(env, names[0] ?? '', report);
}

const mustBeMade = (seen: SeenHost | undefined): boolean => !seen || repairOf(seen)?.action === 'recreate';

interface Key {
  publicKey: string;
  newKey: boolean;
}

/** Takes one host from whatever it is to serving. Returns whether anything had to be done. */
async function makeServe(wanted: NewHost, seen: SeenHost | undefined, key: Key, report: Reporter): Promise<boolean> {
  const { env, name, address } = wanted;
  const started = performance.now();
  const repair = seen && repairOf(seen);
  const absent = mustBeMade(seen);
  if (!absent && !repair && !key.newKey) return false;
  report.step(name, repair ? repair.detail : seen ? 'taking the new key' : `booting at ${address}`);
  if (repair?.action === 'recreate') await removeHost(env, name);
  if (absent) {
    await offerPackages(env, name);
    await createHost(wanted);
  }
  // Before every boot, not only the first: a run may have been cut off between making a host and giving it the key.
  await authorize(env, name, key.publicKey);
  if (absent || repair) await bootHost(env, name, address, repair?.action === 'restart' ? 'restart' : 'start');
  report.done(name, `answers at ${address}`, performance.now() - started);
  return true;
}

async function sayOpenFiles(env: string, name: string, report: Reporter): Promise<void> {
  const limit = await openFilesLimit(env, name);
  if (limit >= COMFORTABLE_OPEN_FILES) return;
  report.warn('local', `a process on these hosts may open ${limit} files at most: this machine's own hard limit`);
}
