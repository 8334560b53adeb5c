import { type Rounds, ratioOf, secondsOf } from './measure.ts';

const NAME_WIDTH = 28;

/** Medians of everyone, and how many times as long as `base` each took. */
export function table(title: string, rounds: Rounds, base: string): string {
  const rows = [...rounds].map(([name, values]) => {
    const ran = values.filter((value) => value !== undefined);
    const range = `${Math.min(...ran).toFixed(2)}–${Math.max(...ran).toFixed(2)}`;
    return [
      `  ${name.padEnd(NAME_WIDTH)}`,
      `${secondsOf(rounds, name).toFixed(3)} s`.padStart(10),
      range.padStart(14),
      `n=${ran.length}`.padStart(6),
      name === base ? '' : `${ratioOf(rounds, name, base).toFixed(2)} × ${base}`.padStart(26),
    ].join(' ');
  });
  return ['', `${title}: median, range, rounds, ratio`, ...rows.map((row) => row.trimEnd())].join('\n');
}
