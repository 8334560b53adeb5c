import type { EventBody } from './events.ts';

/** Shorter values are left alone: they stand in too many texts that are none of theirs. */
const MIN_LENGTH = 6;
const INSTEAD = '[secret]';

/** Keeps values out of events. Nobody puts a secret into one on purpose; what a failing command prints is not ours. */
export class Mask {
  private readonly values = new Set<string>();

  /** A value of several lines is also hidden line by line: last lines are cut out of a text. */
  add(secret: string): void {
    for (const value of [secret, ...secret.split('\n')]) {
      const bare = value.trim();
      if (bare.length >= MIN_LENGTH) this.values.add(bare);
    }
  }

  apply(body: EventBody): EventBody {
    return this.values.size === 0 ? body : (this.within(body) as EventBody);
  }

  private within(value: unknown): unknown {
    if (typeof value === 'string') return this.text(value);
    if (Array.isArray(value)) return value.map((each) => this.within(each));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, this.within(each)]));
  }

  text(text: string): string {
    let masked = text;
    for (const value of this.values) masked = masked.replaceAll(value, INSTEAD);
    return masked;
  }
}
