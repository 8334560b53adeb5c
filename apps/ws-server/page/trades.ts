/** The newest trades, newest first. */

import type { Envelope } from '@odin/events';
import { element, make, price } from './dom.ts';

const ROWS_MAX = 14;

const SIDES: Record<string, string> = { BUY_COMPLETED: 'buy', SELL_COMPLETED: 'sell', TRADE_EXECUTED: 'trade' };

export class Trades {
  readonly #body = element('trades');
  #waiting: Envelope[] = [];

  reset(): void {
    this.#waiting = [];
    this.#body.replaceChildren();
    element('quiet').hidden = false;
  }

  add(envelope: Envelope): void {
    this.#waiting.push(envelope);
    if (this.#waiting.length > ROWS_MAX) this.#waiting.shift();
  }

  /** Shows what came since the last time. */
  draw(): void {
    for (const envelope of this.#waiting) this.#body.prepend(row(envelope));
    if (this.#waiting.length > 0) element('quiet').hidden = true;
    this.#waiting = [];
    while (this.#body.children.length > ROWS_MAX) this.#body.lastElementChild?.remove();
  }
}

function row({ event, partition, offset }: Envelope): HTMLElement {
  const made = make('tr', '', 'new');
  const side = SIDES[event.type] ?? 'trade';
  made.append(
    make('td', new Date(event.timestamp).toLocaleTimeString('en-GB')),
    make('td', side, side),
    make('td', price(Number(event.data.price)), 'n'),
    make('td', price(Number(event.data.amount)), 'n'),
    make('td', `${partition}:${offset}`, 'at'),
  );
  return made;
}
