import { expected, missingTopics } from './markers.ts';

/**
 * What comes through one way: `all` events, or, with partitioned delivery, a `share` of them that the shares of the other
 * instances make whole. A balancer before such instances leads to `any` of them.
 */
export type Extent = 'all' | 'share' | 'any';

/** What came through one way. */
export interface Arrived {
  readonly name: string;
  readonly extent: Extent;
  readonly received: ReadonlySet<string>;
}

/** What did not come through, one line each; nothing when the feed is whole. */
export function shortcomings(ways: readonly Arrived[]): string[] {
  const lacking = ways.flatMap(({ name, extent, received }) => {
    if (extent === 'all') return missingTopics(received).map((topic) => `${name} did not deliver ${topic}`);
    return received.size === 0 ? [`${name} delivered nothing`] : [];
  });
  const shares = ways.filter(({ extent }) => extent === 'share');
  if (shares.length === 0) return lacking;
  const together = new Set(shares.flatMap(({ received }) => [...received]));
  const names = shares.map(({ name }) => name).join(' and ');
  const twice = expected().filter((marker) => shares.filter(({ received }) => received.has(marker)).length > 1);
  return [
    ...lacking,
    ...missingTopics(together).map((topic) => `${names} together did not deliver ${topic}`),
    ...(twice.length > 0 ? [`${names} both delivered ${twice.slice(0, 3).join(', ')}: are they of one group?`] : []),
  ];
}
