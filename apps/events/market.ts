/** What the simulator remembers of one token, so that a price walks instead of jumping. */

export interface Market {
  price: number;
  supply: number;
  totalLiquidity: number;
  holders: number;
  comments: number;
}

const REFERENCE_PRICES: Record<string, number> = { BTC: 67_000, ETH: 3_200, SOL: 150 };

/** A trade moves the price by at most this share of it. */
const STEP = 0.001;

export function newMarket(token: string, random: () => number): Market {
  const price = REFERENCE_PRICES[token] ?? 1 + random() * 99;
  return {
    price,
    supply: 1_000_000 + Math.floor(random() * 20_000_000),
    totalLiquidity: 50_000 + random() * 950_000,
    holders: 100 + Math.floor(random() * 10_000),
    comments: 0,
  };
}

/** Moves the price one step and returns it, rounded to eight significant digits. */
export function tick(market: Market, random: () => number): number {
  market.price *= 1 + (random() * 2 - 1) * STEP;
  return Number(market.price.toPrecision(8));
}
