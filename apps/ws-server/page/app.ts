/** The live page: one token of the feed, as any client sees it. */

import { FeedClient } from '../../client/index.ts';
import { count, element, price, show } from './dom.ts';
import { Meters } from './meters.ts';
import { startPicker } from './picker.ts';
import { Sparkline } from './sparkline.ts';
import { showState } from './state.ts';
import { Trades } from './trades.ts';
import { Types } from './types.ts';

/** Drawing follows the eye, not the feed. */
const DRAW_MS = 250;

const meters = new Meters();
const trades = new Trades();
const types = new Types();
const spark = new Sparkline(element('spark') as HTMLCanvasElement);
let feed: FeedClient | undefined;
let changed = false;

function watch(token: string): void {
  feed?.close();
  for (const part of [meters, trades, types, spark]) part.reset();
  show('token', token);
  show('price', '–');
  document.title = `${token} · odin live feed`;
  changed = true;
  feed = new FeedClient(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws`, { tokens: [token] });
  feed.on('state', showState);
  feed.on('gap', () => {
    meters.gaps += 1;
  });
  feed.on('event', (envelope) => {
    const { channel, event } = envelope;
    changed = true;
    meters.event(event.timestamp);
    types.add(event.type);
    if (!channel.endsWith('.trade')) return;
    trades.add(envelope);
    spark.add(Number(event.data.price));
    show('price', price(Number(event.data.price)));
  });
}

function draw(): void {
  const latency = meters.latency();
  show('rate', meters.rate().toFixed(1));
  show('latency', latency === undefined ? '–' : `${latency} ms`);
  show('total', count(meters.total));
  show('gaps', count(meters.gaps));
  if (!changed) return;
  changed = false;
  trades.draw();
  types.draw();
  spark.draw();
  const change = spark.change();
  const output = element('change');
  output.textContent = change === undefined ? '' : `${change < 0 ? '−' : '+'}${Math.abs(100 * change).toFixed(2)} %`;
  output.style.color = change === undefined || change >= 0 ? 'var(--up)' : 'var(--down)';
}

startPicker(watch);
setInterval(draw, DRAW_MS);
addEventListener('resize', () => {
  changed = true;
});
