/** The connection, in words. */

import type { FeedState } from '../../client/index.ts';
import { element, show } from './dom.ts';

export function showState(state: FeedState): void {
  const pill = element('state');
  pill.dataset.state = state.name;
  const [name, detail] = [pill.querySelector('b'), pill.querySelector('span')];
  if (!name || !detail) return;
  name.textContent = state.name === 'open' ? 'live' : state.name;
  switch (state.name) {
    case 'open':
      detail.textContent = `on ${state.instance}`;
      show('about', `instance ${state.instance} · release ${state.release} · epoch ${state.epoch || 'unknown'}`);
      return;
    case 'waiting':
      detail.textContent = `closed with ${state.code}, again in ${(state.ms / 1000).toFixed(1)} s`;
      return;
    default:
      detail.textContent = '';
  }
}
