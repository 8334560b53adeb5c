import { jsonlRenderer } from './jsonl.ts';
import { plainRenderer } from './plain.ts';
import type { Renderer } from './reporter.ts';

/** Where a script's words go. */
export interface Streams {
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
  env: Readonly<Record<string, string | undefined>>;
}

/** Whether a person sits in front of a terminal on which lines can be taken back. */
export function canBeLive({ stdout, env }: Streams): boolean {
  const told = env.CI || env.NO_COLOR || env.TERM === 'dumb';
  return stdout.isTTY === true && !told;
}

/**
 * JSON where it is asked for, a live view on a terminal, plain lines everywhere else. What measures the width of a
 * terminal's characters takes its time to load, and only a terminal needs it.
 */
export async function chooseRenderer(
  streams: Streams,
  { json, verbose }: { json: boolean; verbose: boolean },
): Promise<Renderer> {
  const { stdout, stderr } = streams;
  const out = lineWriter(stdout);
  const err = lineWriter(stderr);
  if (json) return jsonlRenderer(out, err);
  if (!canBeLive(streams)) return plainRenderer({ out, err, verbose });
  const { liveRenderer } = await import('./live.ts');
  return liveRenderer(stdout, stderr, verbose);
}

/** A reader that goes away (`… | head`) must not end a deploy half way. */
function lineWriter(stream: NodeJS.WriteStream): (line: string) => void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  return (line) => void stream.write(`${line}\n`);
}
