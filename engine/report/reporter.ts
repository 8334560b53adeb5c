import { EVENT_VERSION } from './event-version.ts';
import type { EventBody, RunEvent } from './events.ts';
import { Mask } from './mask.ts';
import { plainRenderer } from './plain.ts';
import { newRun, type RunIdentity } from './run-identity.ts';

export { seconds } from './seconds.ts';

/** Characters: a line of an audit log stays one that is written at once. */
const MOST_TYPED = 2_000;

/** Shows events somewhere: lines, JSON, a live view. */
export interface Renderer {
  show(event: RunEvent): void;
  /** Leaves the terminal as it was found. Nothing is shown afterwards. */
  close(): void;
}

/** Where what happens is told. Everything is one event; the other methods are the short way for common ones. */
export interface Reporter {
  /** Which run this is, for those who keep a record of it. */
  readonly run: RunIdentity;
  emit(event: EventBody): void;
  /** Shows an event of another run, as it is. */
  relay(event: RunEvent): void;
  /** Hears every event from now on. Returns the function that ends it. */
  listen(listener: (event: RunEvent) => void): () => void;
  /** From now on the value is in no event: `[secret]` stands in its place. */
  hide(secret: string): void;
  /** The text without what is hidden, for those who put it somewhere else. */
  masked(text: string): string;
  /** Something began or was learnt. `where` is a host or `local`. */
  step(where: string, text: string): void;
  /** Something ended well; `ms` is how long it took. */
  done(where: string, text: string, ms?: number): void;
  warn(where: string, text: string): void;
  /** A heading: a phase. */
  heading(text: string): void;
  /** Lines as they are: a table, a log. */
  lines(text: string): void;
  /** Only with --verbose. */
  verbose(where: string, text: string): void;
}

/** The command of the run as a person typed it, for those who read of it elsewhere: on a host. Not longer than a screen. */
export function typedIn({ run, masked }: Reporter): string {
  const typed = masked([run.command, ...run.words].join(' '));
  return typed.length > MOST_TYPED ? `${typed.slice(0, MOST_TYPED)}…` : typed;
}

/** A reporter that shows its events with a renderer. */
export function openReporter(renderer: Renderer, run: RunIdentity): Reporter {
  const listeners = new Set<(event: RunEvent) => void>();
  const mask = new Mask();
  const relay = (event: RunEvent): void => {
    for (const listener of listeners) listener(event);
    renderer.show(event);
  };
  const emit = (body: EventBody): void =>
    relay({ v: EVENT_VERSION, ts: new Date().toISOString(), run: run.id, ...mask.apply(body) });
  return {
    run,
    emit,
    relay,
    listen(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    hide: (secret) => mask.add(secret),
    masked: (value) => mask.text(value),
    step: (where, text) => emit({ type: 'began', where, text }),
    done: (where, text, ms) => emit({ type: 'done', where, text, ...(ms === undefined ? {} : { ms: Math.round(ms) }) }),
    warn: (where, text) => emit({ type: 'warned', where, text }),
    heading: (text) => emit({ type: 'heading', text }),
    lines: (text) => emit({ type: 'text', text }),
    verbose: (where, text) => emit({ type: 'detail', where, text }),
  };
}

/** Plain lines for one function, whatever the stream. */
export function lineReporter(write: (line: string) => void, verbose: boolean): Reporter {
  return openReporter(plainRenderer({ out: write, err: write, verbose }), newRun('lines'));
}
