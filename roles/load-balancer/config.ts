import { type Inventory, inGroup } from '#engine/inventory/inventory.ts';

/** Loopback and internal: counters for people and Prometheus. */
export const STATS_PORT = 8404;

/**
 * haproxy.cfg: TCP, so that a WebSocket passes untouched; PROXY v2 to the ws-server, which learns the client's address
 * from it. A server is asked on /lb, which says 503 as soon as it drains.
 */
export function haproxyConfig(
  inventory: Inventory,
  { port, maxConnections, internal }: { port: number; maxConnections: number; internal: string },
): string {
  const servers = inGroup(inventory, 'ws').map(
    ({ name, internal: address, vars }) =>
      `  server ${name} ${address}:${(vars['ws-server'] as { port: number }).port}`,
  );
  return `# Written by odin-deploy. Changes made here are undone by the next deploy.
global
  log stderr format raw daemon notice
  maxconn ${maxConnections}
  stats socket /run/haproxy/admin.sock mode 660 level admin

defaults
  mode tcp
  log global
  timeout connect 5s
  # The ws-server pings every 25 s: a peer that is silent for three of those is gone.
  timeout client 75s
  timeout server 75s
  timeout check 2s
  option redispatch
  retries 2

frontend feed
  bind :${port}
  default_backend ws

backend ws
  balance leastconn
  option httpchk
  http-check send meth GET uri /lb
  http-check expect status 200
  default-server check inter 2s fall 2 rise 2 send-proxy-v2 check-send-proxy
${servers.join('\n')}

frontend stats
  mode http
  timeout client 10s
  bind 127.0.0.1:${STATS_PORT}
  bind ${internal}:${STATS_PORT}
  http-request use-service prometheus-exporter if { path /metrics }
  stats enable
  stats uri /
`;
}
