/** The page's elements, by id. */

export function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no element #${id}`);
  return found;
}

export function show(id: string, text: string): void {
  const at = element(id);
  if (at.textContent !== text) at.textContent = text;
}

export function make(name: string, text: string, className = ''): HTMLElement {
  const made = document.createElement(name);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

const PRICE = new Intl.NumberFormat('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const COUNT = new Intl.NumberFormat('en');

export const price = (value: number): string => PRICE.format(value);
export const count = (value: number): string => COUNT.format(value);
