import { z } from 'zod';
import { KitError } from '../errors.ts';
import { EVENTS, type EventType, envelope, type RunEvent } from './events.ts';

const ENVELOPE = z.looseObject({ ...envelope, type: z.string() });

/**
 * Reads a stream of events. Types and fields that this version does not know are left out, as the versioning promise
 * says; anything else that is not an event is `usage`, with its line. A last line that was cut off, because the run was
 * killed, ends the stream.
 */
export function readEvents(text: string, name: string): RunEvent[] {
  const lines = text.split('\n');
  const last = lines.pop() ?? '';
  if (last.endsWith('}')) lines.push(last);
  return lines.flatMap((line, i) => {
    const event = readEvent(line, `${name}:${i + 1}`);
    return event ? [event] : [];
  });
}

function readEvent(line: string, place: string): RunEvent | undefined {
  const seen = ENVELOPE.safeParse(parsed(line, place));
  if (!seen.success) throw refusal(place, seen.error);
  const { v, ts, run, type } = seen.data;
  if (!(type in EVENTS)) return undefined;
  const body = EVENTS[type as EventType].safeParse(seen.data);
  if (!body.success) throw refusal(place, body.error);
  return { v, ts, run, type, ...body.data } as RunEvent;
}

function parsed(line: string, place: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw new KitError('usage', `${place}: not a line of JSON`, { next: 'record a run with --json >run.jsonl' });
  }
}

function refusal(place: string, { issues }: z.ZodError): KitError {
  const [first] = issues;
  return new KitError('usage', `${place}: not an event: ${first?.path.join('.')}: ${first?.message}`);
}
