import type { HostCheck } from '#engine/check.ts';

/** The shape of /health that people know; only what is judged here. */
interface Health {
  healthy: boolean;
  checks: { kafka: { healthy: boolean; error?: string } };
}

/** A server whose broker comes back reads again within this. */
const RECOVERY_S = 20;

/** The server takes clients, and every partition is assigned and fetched. */
export function ready(port: number): HostCheck {
  return {
    where: 'host',
    id: 'ws.ready',
    title: 'the ws-server is ready and reads every partition',
    severity: 'critical',
    phases: ['verify'],
    // It finds its way back by itself when the broker was restarted a moment ago.
    probe: `n=0; until [ "$n" -ge ${RECOVERY_S * 2} ] || curl -fsS -o /dev/null -m 5 http://127.0.0.1:${port}/readyz 2>/dev/null; do n=$((n+1)); sleep 0.5; done
curl -sS -m 5 http://127.0.0.1:${port}/health 2>&1`,
    timeoutSeconds: RECOVERY_S + 15,
    judge({ status, output }) {
      const next = 'make logs SERVICE=odin-ws';
      if (status !== 0) return { ok: false, message: `nothing answers on port ${port}`, lastLines: output, next };
      const health = JSON.parse(output) as Health;
      return health.checks.kafka.healthy
        ? { ok: true }
        : { ok: false, message: 'it does not read every partition', lastLines: output, next };
    },
  };
}

/** Said before every change and after it: nothing is wrong with the server, and clients miss events all the same. */
export function everyEventEverywhere(instances: number): HostCheck {
  return {
    where: 'host',
    id: 'ws.delivery',
    title: 'a client of any instance gets every event',
    severity: 'warning',
    phases: ['preflight', 'verify'],
    probe: ':',
    judge: () => ({
      ok: false,
      message: `delivery is partitioned over ${instances} instances: a client gets only what its own instance reads, about one event in ${instances}`,
      next: 'set ws-server.delivery to all, unless clients are routed by token',
    }),
  };
}

/** From the ws host itself: the address that the broker advertises is one that can be connected to. */
export function brokerReachable(address: string, port: number): HostCheck {
  return {
    where: 'host',
    id: `ws.broker.${address}`,
    title: `the broker's advertised address ${address}:${port} can be reached from here`,
    severity: 'critical',
    phases: ['verify'],
    probe: `timeout 3 bash -c 'exec 3<>/dev/tcp/${address}/${port}' 2>&1`,
    judge: ({ status, output }) =>
      status === 0
        ? { ok: true }
        : {
            ok: false,
            message: `${address}:${port}, which the broker tells its clients, cannot be reached from here`,
            lastLines: output,
            next: 'make plan TAGS=firewall,broker DIFF=1',
          },
  };
}
