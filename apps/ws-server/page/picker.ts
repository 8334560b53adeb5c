/** Which token the page shows: the one in its address, a button, or any that is typed. */

import { element } from './dom.ts';

const TOKEN = /^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/;
const FIRST = 'BTC';

export function startPicker(onPick: (token: string) => void): void {
  const form = element('picker') as HTMLFormElement;
  const input = form.elements.namedItem('token') as HTMLInputElement;
  const buttons = [...form.querySelectorAll<HTMLButtonElement>('button[data-token]')];
  const pick = (token: string) => {
    for (const button of buttons) button.setAttribute('aria-pressed', String(button.dataset.token === token));
    history.replaceState(null, '', `?token=${encodeURIComponent(token)}`);
    onPick(token);
  };
  for (const button of buttons) button.addEventListener('click', () => pick(button.dataset.token ?? FIRST));
  form.addEventListener('submit', (submitted) => {
    submitted.preventDefault();
    const token = input.value.trim();
    if (TOKEN.test(token)) pick(token);
    input.value = '';
  });
  const asked = new URLSearchParams(location.search).get('token') ?? FIRST;
  pick(TOKEN.test(asked) ? asked : FIRST);
}
