/** The 23 event types, their topics and how often each occurs relative to the others. */

import type { TopicName } from './topics.ts';

export interface EventType {
  readonly topic: TopicName;
  readonly weight: number;
}

export const EVENT_TYPES = {
  TRADE_EXECUTED: { topic: 'odin.trades', weight: 20 },
  BUY_COMPLETED: { topic: 'odin.trades', weight: 15 },
  SELL_COMPLETED: { topic: 'odin.trades', weight: 15 },
  LIQUIDITY_ADDED: { topic: 'odin.liquidity', weight: 8 },
  LIQUIDITY_REMOVED: { topic: 'odin.liquidity', weight: 8 },
  LIQUIDITY_REBALANCED: { topic: 'odin.liquidity', weight: 0.1 },
  METADATA_UPDATED: { topic: 'odin.metadata', weight: 5 },
  TOKEN_NAME_CHANGED: { topic: 'odin.metadata', weight: 0.3 },
  TOKEN_FLAGS_CHANGED: { topic: 'odin.metadata', weight: 0.3 },
  TWITTER_VERIFIED: { topic: 'odin.social', weight: 0.2 },
  SOCIAL_LINKS_UPDATED: { topic: 'odin.social', weight: 1 },
  COMMENT_POSTED: { topic: 'odin.community', weight: 5 },
  COMMENT_PINNED: { topic: 'odin.community', weight: 0.2 },
  COMMENT_UPVOTED: { topic: 'odin.community', weight: 1 },
  FAVORITE_TOGGLED: { topic: 'odin.community', weight: 2 },
  TOKEN_CREATED: { topic: 'odin.creation', weight: 0.5 },
  TOKEN_LISTED: { topic: 'odin.creation', weight: 0.5 },
  PRICE_DELTA_UPDATED: { topic: 'odin.analytics', weight: 7 },
  HOLDER_COUNT_UPDATED: { topic: 'odin.analytics', weight: 2 },
  ANALYTICS_RECALCULATED: { topic: 'odin.analytics', weight: 7 },
  TRENDING_UPDATED: { topic: 'odin.analytics', weight: 1 },
  BALANCE_UPDATED: { topic: 'odin.balances', weight: 3 },
  TRANSFER_COMPLETED: { topic: 'odin.balances', weight: 0.1 },
} as const satisfies Record<string, EventType>;

export type EventTypeName = keyof typeof EVENT_TYPES;

export const EVENT_TYPE_NAMES = Object.keys(EVENT_TYPES) as EventTypeName[];

const UPPER_BOUNDS = (() => {
  let sum = 0;
  return EVENT_TYPE_NAMES.map((name) => {
    sum += EVENT_TYPES[name].weight;
    return { name, upTo: sum };
  });
})();

/** 102.2: the shares are weights, not percentages. */
export const TOTAL_WEIGHT = Math.round((UPPER_BOUNDS.at(-1)?.upTo ?? 0) * 10) / 10;

/** An event type drawn by weight. `random` is uniform in [0, 1). */
export function drawEventType(random: () => number): EventTypeName {
  const at = random() * TOTAL_WEIGHT;
  return (UPPER_BOUNDS.find(({ upTo }) => at < upTo) ?? UPPER_BOUNDS[0])?.name ?? 'TRADE_EXECUTED';
}
