/** How often each event type came, most frequent first. */

import { count, element, make } from './dom.ts';

const ROWS_MAX = 12;

export class Types {
  readonly #list = element('types');
  readonly #counts = new Map<string, number>();

  reset(): void {
    this.#counts.clear();
    this.#list.replaceChildren();
  }

  add(type: string): void {
    this.#counts.set(type, (this.#counts.get(type) ?? 0) + 1);
  }

  draw(): void {
    const rows = [...this.#counts].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0])).slice(0, ROWS_MAX);
    const most = rows[0]?.[1] ?? 1;
    this.#list.replaceChildren(
      ...rows.map(([type, times]) => {
        const bar = document.createElement('progress');
        bar.max = most;
        bar.value = times;
        const row = make('li', '');
        row.append(make('span', type.toLowerCase().replaceAll('_', ' '), 'name'), make('b', count(times)), bar);
        return row;
      }),
    );
  }
}
