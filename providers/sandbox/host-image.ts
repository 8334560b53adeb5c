import { fileURLToPath } from 'node:url';
import { buildRootfs, type Rootfs, rootfsKey } from '#engine/local/debootstrap.ts';
import { docker, hasImage } from '#engine/local/docker.ts';
import type { Reporter } from '#engine/report/reporter.ts';

/** A bare Debian host as a cloud would hand it out: systemd, sshd, a firewall's tools; no Docker, no user, no Python. */
export const HOST_ROOTFS: Rootfs = {
  name: 'host',
  suite: 'trixie',
  packages: [
    'systemd',
    'systemd-sysv',
    'dbus',
    'openssh-server',
    'sudo',
    'iproute2',
    'nftables',
    'iptables',
    'curl',
    'procps',
    'ca-certificates',
  ],
  setup: fileURLToPath(new URL('./image', import.meta.url)),
};

const tagOf = (key: string): string => `odin-sandbox-host:${key}`;

/** The key and the tag that the recipe has now. */
export async function hostImage(): Promise<{ key: string; tag: string }> {
  const key = await rootfsKey(HOST_ROOTFS);
  return { key, tag: tagOf(key) };
}

/** Makes the image where Docker does not hold it: from the cached archive, or from nothing (about a minute). */
export async function prepareHostImage(report: Reporter): Promise<string> {
  const { tag } = await hostImage();
  if (await hasImage(tag)) return tag;
  const archive = await buildRootfs(HOST_ROOTFS, report);
  const started = performance.now();
  report.step('local', `importing ${tag}`);
  const changes = ['ENTRYPOINT ["/usr/local/sbin/sandbox-init"]', 'ENV container=docker'];
  await docker(['import', ...changes.flatMap((change) => ['--change', change]), archive, tag]);
  report.done('local', `imported ${tag}`, performance.now() - started);
  return tag;
}
