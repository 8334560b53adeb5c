const COLOUR = new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, 'g');

/** Text without the colours of a terminal. */
export function plain(text: string): string {
  return text.replaceAll(COLOUR, '');
}
