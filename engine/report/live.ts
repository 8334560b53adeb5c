import { createLogUpdate } from 'log-update';
import pc from 'picocolors';
import { isTrouble, linesOf } from './event-text.ts';
import { type LiveRow, LiveRows } from './live-rows.ts';
import type { Renderer } from './reporter.ts';

/** Milliseconds between two frames. */
const FRAME_MS = 100;
const SPINNER = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const HOST_WIDTH = 10;
/** Lines of the terminal that the rows leave to the finished story. */
const STORY_LINES = 6;
const DEFAULT_COLUMNS = 80;
const DEFAULT_ROWS = 24;

/** The lines of a frame: what each host is at and for how long, cut to the terminal. */
export function frame(rows: readonly LiveRow[], now: number, columns: number, height: number): string[] {
  const room = Math.max(1, height - STORY_LINES);
  const shown = rows.length > room ? rows.slice(0, room - 1) : rows;
  const lines = shown.map((row) => rowText(row, now, columns));
  if (shown.length < rows.length) lines.push(pc.dim(`  … and ${rows.length - shown.length} more`));
  return lines;
}

function rowText({ host, text, since }: LiveRow, now: number, columns: number): string {
  const name = host.padEnd(HOST_WIDTH);
  const spinner = since === undefined ? '·' : (SPINNER[Math.floor(now / FRAME_MS) % SPINNER.length] ?? '');
  const elapsed = since === undefined ? '' : `  ${Math.max(0, Math.floor((now - since) / 1000))} s`;
  // Two before the name, one on each side of the spinner, and none in the last column, where terminals wrap.
  const room = Math.max(0, columns - 5 - name.length - elapsed.length - 1);
  const fitted = text.length > room ? `${text.slice(0, Math.max(0, room - 1))}…` : text;
  return `  ${pc.bold(name)} ${pc.cyan(spinner)} ${since === undefined ? pc.dim(fitted) : fitted}${pc.dim(elapsed)}`;
}

/**
 * The story as plain lines, and below it one line per host that is at work. The cursor comes back when the last row goes,
 * and by log-update's own exit hook on Ctrl-C and on errors.
 */
export function liveRenderer(out: NodeJS.WriteStream, err: NodeJS.WriteStream, verbose: boolean): Renderer {
  const log = createLogUpdate(out);
  const rows = new LiveRows();
  let timer: NodeJS.Timeout | undefined;
  let drawn = false;

  const draw = (): void => {
    log(frame(rows.all, Date.now(), out.columns ?? DEFAULT_COLUMNS, out.rows ?? DEFAULT_ROWS).join('\n'));
    drawn = true;
    timer ??= setInterval(draw, FRAME_MS).unref();
  };
  const wipe = (): void => {
    if (drawn) log.clear();
    drawn = false;
  };
  const rest = (): void => {
    clearInterval(timer);
    timer = undefined;
    log.done();
  };

  return {
    show(event) {
      const wasBusy = rows.all.length > 0;
      rows.add(event);
      const lines = rows.tells(event) ? [] : linesOf(event, verbose);
      const busy = rows.all.length > 0;
      if (lines.length > 0 || (wasBusy && !busy)) wipe();
      for (const line of lines) (isTrouble(event) ? err : out).write(`${line}\n`);
      if (busy) draw();
      else if (wasBusy) rest();
    },
    close() {
      wipe();
      rest();
    },
  };
}
