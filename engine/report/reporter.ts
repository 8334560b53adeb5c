import pc from 'picocolors';

/** Where progress goes. One line an event, so that a log file and a terminal read the same. */
export interface Reporter {
  /** Something began or was learnt. `where` is a host or `local`. */
  step(where: string, text: string): void;
  /** Something ended well; `ms` is how long it took. */
  done(where: string, text: string, ms?: number): void;
  warn(where: string, text: string): void;
  /** A heading: a play, a phase. */
  heading(text: string): void;
  /** Lines as they are: a plan, a table. */
  lines(text: string): void;
  /** Only with --verbose. */
  verbose(where: string, text: string): void;
}

const WHERE_WIDTH = 10;

/** Seconds with one decimal, from milliseconds. */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** Plain lines on a stream. */
export function lineReporter(write: (line: string) => void, verbose: boolean): Reporter {
  const at = (where: string): string => pc.bold(where.padEnd(WHERE_WIDTH));
  return {
    step: (where, text) => write(`  ${at(where)} ${pc.dim('…')} ${text}`),
    done: (where, text, ms) =>
      write(`  ${at(where)} ${pc.green('✓')} ${text}${ms === undefined ? '' : pc.dim(`  ${seconds(ms)}`)}`),
    warn: (where, text) => write(`  ${at(where)} ${pc.yellow('!')} ${text}`),
    heading: (text) => write(`\n${pc.bold(text)}`),
    lines: (text) => write(text),
    verbose: (where, text) => {
      if (verbose) write(`  ${at(where)} ${pc.dim(text)}`);
    },
  };
}
