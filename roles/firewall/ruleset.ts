import type { Opening } from './ports.ts';

/** The nftables table of the kit. It leaves every other table alone, Docker's among them. */
export const TABLE = 'odin';

/**
 * The ruleset as text for `nft -f`, which swaps it in at once.
 *
 * It sits in prerouting at mangle priority: after connection tracking, before the destination is rewritten. There a port
 * that Docker publishes still has the number that the client asked for, so one list closes both the host's own ports and
 * Docker's; rules in the input chain (ufw's place) never see the latter.
 */
export function ruleset(openings: readonly Opening[]): string {
  const accepts = openings.map(({ port, from, what }) => {
    const source = from.includes('0.0.0.0/0') ? '' : `ip saddr { ${from.join(', ')} } `;
    return `    ${source}tcp dport ${port} accept comment "${what}"`;
  });
  return `# Written by odin-deploy. Changes made here are undone by the next deploy.
table inet ${TABLE}
delete table inet ${TABLE}
table inet ${TABLE} {
  chain prerouting {
    type filter hook prerouting priority mangle; policy accept;
    iifname "lo" accept
    iifname { "docker0", "br-*" } accept
    ct state established,related accept
    fib daddr type != local accept
    meta l4proto { icmp, ipv6-icmp } accept
${accepts.join('\n')}
    counter drop
  }
}
`;
}
