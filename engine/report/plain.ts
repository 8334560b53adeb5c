import { isTrouble, linesOf } from './event-text.ts';
import type { RunEvent } from './events.ts';
import type { Renderer } from './reporter.ts';

export interface PlainOptions {
  /** Writes a line to standard output; the newline is its own. */
  out(line: string): void;
  /** The same for what went wrong. */
  err(line: string): void;
  /** Print details, whatever the run itself was told. */
  verbose: boolean;
}

/** Plain lines, so that a log file and a terminal read the same. */
export function plainRenderer({ out, err, verbose }: PlainOptions): Renderer {
  let details = verbose;
  return {
    show(event: RunEvent) {
      if (event.type === 'run-started') details = verbose || event.verbose;
      for (const line of linesOf(event, details)) (isTrouble(event) ? err : out)(line);
    },
    close() {},
  };
}
