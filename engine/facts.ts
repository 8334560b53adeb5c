import { KitError } from './errors.ts';
import type { Answer, Piece } from './program.ts';

/** What the engine learns of every host in the same execution as everything else. */
export interface Facts {
  /** `debian`, `ubuntu`: ID of os-release. */
  distribution: string;
  /** `13`, `22.04`: VERSION_ID of os-release. */
  version: string;
  /** `x86_64`, `aarch64`: `uname -m`. */
  architecture: string;
  /** Bytes of main memory. */
  memory: number;
  cores: number;
  /** The host is itself a container, as in a sandbox: it has no clock or kernel of its own. */
  container: boolean;
}

export const FACTS_ID = 'facts';

/**
 * Every run asks this of every host, so the shell itself reads what it can: systemd-detect-virt alone would take as long as
 * everything else here. systemd writes down what it was started in; Docker and Podman leave a file.
 */
export const factsPiece: Piece = {
  id: FACTS_ID,
  timeoutSeconds: 5,
  quick: true,
  script: `. /etc/os-release; echo "$ID"; echo "$VERSION_ID"; uname -m
while read -r name kilobytes _; do [ "$name" != MemTotal: ] || { echo $((kilobytes * 1024)); break; }; done </proc/meminfo
nproc
if [ -s /run/systemd/container ] || [ -e /.dockerenv ] || [ -e /run/.containerenv ]; then echo container; fi`,
};

/** Reads the answer of {@link factsPiece}. */
export function readFacts(host: string, answer: Answer | undefined): Facts {
  const [distribution, version, architecture, memory, cores, container] = answer?.output.split('\n') ?? [];
  if (!distribution || version === undefined || !architecture) {
    throw new KitError('probe-failed', 'the host did not say what it is', { host, lastLines: answer?.output ?? '' });
  }
  return {
    distribution,
    version,
    architecture,
    memory: Number(memory),
    cores: Number(cores),
    container: container === 'container',
  };
}
