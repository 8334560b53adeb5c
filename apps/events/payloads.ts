/** The `data` of each event type. */

import { type Market, tick } from './market.ts';
import type { EventTypeName } from './types.ts';

export interface Draw {
  readonly token: string;
  readonly market: Market;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Milliseconds since 1970. */
  readonly now: number;
}

type Payload = (draw: Draw) => Record<string, unknown>;

const hex = (random: () => number, digits: number) =>
  `0x${Array.from({ length: digits }, () => Math.floor(random() * 16).toString(16)).join('')}`;
const wallet = ({ random }: Draw) => hex(random, 13);
const transaction = ({ random }: Draw) => hex(random, 16);
const id = (prefix: string, { random }: Draw) => `${prefix}-${Math.floor(random() * 1e9).toString(36)}`;
const amount = ({ random }: Draw, most = 1000) => Math.round(random() * most * 100) / 100;
const signed = ({ random }: Draw, most: number) => Math.round((random() * 2 - 1) * most * 100) / 100;
const flag = ({ random }: Draw) => random() < 0.5;

const trade: Payload = (draw) => ({
  price: tick(draw.market, draw.random),
  amount: amount(draw),
  buyer: wallet(draw),
  seller: wallet(draw),
  txHash: transaction(draw),
});

const liquidity =
  (sign: 1 | -1): Payload =>
  (draw) => {
    const by = amount(draw, draw.market.totalLiquidity / 100);
    draw.market.totalLiquidity += sign * by;
    return { amount: by, provider: wallet(draw), totalLiquidity: Math.round(draw.market.totalLiquidity) };
  };

const metadata: Payload = ({ token }) => ({
  name: `${token} token`,
  symbol: token,
  description: `The ${token} market`,
});

export const PAYLOADS: Record<EventTypeName, Payload> = {
  TRADE_EXECUTED: trade,
  BUY_COMPLETED: trade,
  SELL_COMPLETED: trade,
  LIQUIDITY_ADDED: liquidity(1),
  LIQUIDITY_REMOVED: liquidity(-1),
  LIQUIDITY_REBALANCED: (draw) => ({
    oldRatio: amount(draw, 1),
    newRatio: amount(draw, 1),
    totalLiquidity: Math.round(draw.market.totalLiquidity),
  }),
  METADATA_UPDATED: metadata,
  TOKEN_NAME_CHANGED: metadata,
  TOKEN_FLAGS_CHANGED: (draw) => ({
    flags: { verified: flag(draw), featured: flag(draw), trending: flag(draw) },
  }),
  TWITTER_VERIFIED: ({ token, now }) => ({
    twitterHandle: `@${token.toLowerCase()}`,
    verified: true,
    verifiedAt: now,
  }),
  SOCIAL_LINKS_UPDATED: ({ token }) => ({
    twitter: `https://twitter.com/${token}`,
    telegram: `https://t.me/${token}`,
    website: `https://${token.toLowerCase()}.example`,
  }),
  COMMENT_POSTED: (draw) => {
    draw.market.comments += 1;
    const content = `${draw.token} comment ${draw.market.comments}`;
    return { commentId: id('comment', draw), author: wallet(draw), content, timestamp: draw.now };
  },
  COMMENT_PINNED: (draw) => ({ commentId: id('comment', draw), pinnedBy: wallet(draw) }),
  COMMENT_UPVOTED: (draw) => ({
    commentId: id('comment', draw),
    voter: wallet(draw),
    totalUpvotes: 1 + Math.floor(draw.random() * 500),
  }),
  FAVORITE_TOGGLED: (draw) => ({ userId: id('user', draw), isFavorite: flag(draw) }),
  TOKEN_CREATED: (draw) => ({
    creator: wallet(draw),
    name: `${draw.token} token`,
    symbol: draw.token,
    supply: draw.market.supply,
  }),
  TOKEN_LISTED: (draw) => ({ exchange: 'odin', initialPrice: draw.market.price, timestamp: draw.now }),
  PRICE_DELTA_UPDATED: (draw) => ({
    price: Number(draw.market.price.toPrecision(8)),
    delta1h: signed(draw, 2),
    delta24h: signed(draw, 8),
    delta7d: signed(draw, 20),
  }),
  HOLDER_COUNT_UPDATED: (draw) => {
    const change = Math.round(signed(draw, 10));
    draw.market.holders = Math.max(1, draw.market.holders + change);
    return { holderCount: draw.market.holders, change };
  },
  ANALYTICS_RECALCULATED: (draw) => ({
    volume24h: amount(draw, 1_000_000),
    marketCap: Math.round(draw.market.price * draw.market.supply),
    liquidity: Math.round(draw.market.totalLiquidity),
  }),
  TRENDING_UPDATED: (draw) => ({ rank: 1 + Math.floor(draw.random() * 100), score: amount(draw, 100) }),
  BALANCE_UPDATED: (draw) => ({ user: wallet(draw), balance: amount(draw, 10_000), change: signed(draw, 100) }),
  TRANSFER_COMPLETED: (draw) => ({
    from: wallet(draw),
    to: wallet(draw),
    amount: amount(draw),
    txHash: transaction(draw),
  }),
};
