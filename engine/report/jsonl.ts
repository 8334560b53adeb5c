import { isTrouble, linesOf } from './event-text.ts';
import type { Renderer } from './reporter.ts';

/** One event a line on standard output, and nothing else there. What went wrong is told to a person as well. */
export function jsonlRenderer(out: (line: string) => void, err: (line: string) => void): Renderer {
  return {
    show(event) {
      out(JSON.stringify(event));
      if (isTrouble(event)) for (const line of linesOf(event, false)) err(line);
    },
    close() {},
  };
}
