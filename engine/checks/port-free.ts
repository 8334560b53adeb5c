import type { HostCheck } from '../check.ts';

/** What a service would bind. */
export interface PortClaim {
  port: number;
  /** The address that is bound, `0.0.0.0` for all. */
  address: string;
  /** Who may already hold it: the name of our own container, or of our own program. */
  owner: string;
}

/** Fails before anything is changed when another program, or another container, already listens on a port of ours. */
export function portFree({ port, address, owner }: PortClaim): HostCheck {
  return {
    where: 'host',
    id: `port.${port}`,
    title: `port ${port} is free or ours`,
    severity: 'critical',
    phases: ['preflight'],
    probe: [
      `ss -Hltnp "( sport = :${port} )"`,
      'echo %%',
      `if command -v docker >/dev/null; then docker ps --filter publish=${port} --format '{{.Names}}'; fi`,
    ].join('\n'),
    judge({ output }) {
      const [listening = '', published = ''] = output.split('%%\n');
      const others = listening.split('\n').filter((line) => overlaps(line, address));
      if (others.length === 0) return { ok: true };
      const containers = published.split('\n').filter(Boolean);
      const holder = containers[0] ?? /users:\(\("([^"]+)"/.exec(others[0] ?? '')?.[1] ?? 'another program';
      if (holder === owner) return { ok: true };
      const isContainer = containers.length > 0;
      return {
        ok: false,
        code: 'port-taken',
        message: `port ${port} is taken by ${isContainer ? 'the container ' : ''}${holder}`,
        lastLines: others.join('\n'),
        next: isContainer ? `docker stop ${holder}   (on the host)` : `ss -ltnp sport = :${port}   (on the host)`,
      };
    },
  };
}

/** Whether a line of `ss -Hltn` is about an address that a bind to `address` would clash with. */
function overlaps(line: string, address: string): boolean {
  const local = line.trim().split(/\s+/)[3];
  if (!local) return false;
  const bound =
    local
      .slice(0, local.lastIndexOf(':'))
      .replace(/^\[|\]$/g, '')
      .split('%')[0] ?? '';
  const everywhere = ['0.0.0.0', '*', '::'];
  return everywhere.includes(address) || everywhere.includes(bound) || bound === address;
}
