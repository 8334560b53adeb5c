import { type Missing, packagesOf } from '#engine/local/prerequisites.ts';
import type { ProviderChange } from '#engine/provider.ts';
import { networkName } from './names.ts';
import type { SeenHost, SeenSandbox } from './observe.ts';

/** What the inventory asks for, in this version's terms. */
export interface WantedSandbox {
  env: string;
  /** In the inventory's order. */
  hosts: readonly string[];
  image: string;
  /** {@link flagsKey} by host. */
  flags: Readonly<Record<string, string>>;
}

/** What will be installed and started on this machine itself. Pure. */
export function planPrerequisites(missing: Missing): ProviderChange[] {
  const changes: ProviderChange[] = packagesOf(missing).map((name) => {
    const why = missing.tools.filter((tool) => tool.package === name).map((tool) => `${tool.program} ${tool.why}`);
    return { action: '+', what: `package ${name} on this machine`, detail: why.join('; ') };
  });
  if (missing.docker) changes.push({ action: '~', what: 'docker on this machine', detail: 'will be started' });
  return changes;
}

/** The hosts while no Docker answers: a machine that has none cannot hold any, one whose daemon is off may. Pure. */
export function planUnseen(wanted: WantedSandbox, missing: Missing): ProviderChange[] {
  if (missing.tools.length > 0) return planSandbox(wanted, { subnet: undefined, hosts: new Map(), identity: true });
  return wanted.hosts.map((name) => ({ action: '~', what: `host ${name}`, detail: '(known after docker)' }));
}

/** The gap between a sandbox as seen and as wanted. Pure. */
export function planSandbox(wanted: WantedSandbox, seen: SeenSandbox): ProviderChange[] {
  const changes: ProviderChange[] = [];
  if (!seen.identity)
    changes.push({ action: '+', what: 'SSH key pair', detail: `opens root on the hosts of ${wanted.env}` });
  if (!seen.subnet) changes.push({ action: '+', what: `network ${networkName(wanted.env)}` });
  for (const name of wanted.hosts) {
    const host = seen.hosts.get(name);
    if (!host) changes.push({ action: '+', what: `host ${name}`, detail: 'boots systemd and sshd, bare otherwise' });
    else changes.push(...planHost(wanted, host));
  }
  for (const host of seen.hosts.values()) {
    if (wanted.hosts.includes(host.name)) continue;
    const detail = 'is not in the inventory; kept: a sandbox removes hosts only as a whole';
    changes.push({ action: '~', what: `host ${host.name}`, detail, kept: true });
  }
  return changes;
}

function planHost({ env, image, flags }: WantedSandbox, host: SeenHost): ProviderChange[] {
  const what = `host ${host.name}`;
  const repair = repairOf(host);
  if (repair) return [{ action: '~', what, detail: repair.detail }];
  const drift = [
    ...(host.image === image ? [] : ['an older image']),
    ...(host.flags === flags[host.name] ? [] : ['other ports or flags']),
  ];
  if (drift.length === 0) return [];
  const remake = `make sandbox-down ENV=${env} and make sandbox ENV=${env} make it anew`;
  return [
    { action: '~', what, detail: `was made with ${drift.join(' and ')}; kept with its state: ${remake}`, kept: true },
  ];
}

/** What a host that does not serve needs: a start, or a new boot. Undefined for a host that serves. Pure. */
export function repairOf(host: SeenHost): { action: 'start' | 'restart' | 'recreate'; detail: string } | undefined {
  switch (host.state) {
    case 'running':
      if (host.answers) return undefined;
      return {
        action: 'restart',
        detail: 'runs, but does not answer on its SSH port: will be restarted if it goes on',
      };
    case 'dead':
    case 'removing':
      return { action: 'recreate', detail: 'was half removed when Docker died: will be made anew on its own disk' };
    default:
      return { action: 'start', detail: `is ${host.state}: will be started` };
  }
}
