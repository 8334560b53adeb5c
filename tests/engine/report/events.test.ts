import { describe, expect, it } from 'vitest';
import { auditEntry } from '#engine/audit/schema.ts';
import { EVENTS, envelope } from '#engine/report/events.ts';
import { readEvents } from '#engine/report/read-events.ts';
import { fieldRows } from '../../support/event-fields.ts';
import { read } from '../../support/source.ts';

const [above = '', below = ''] = read('docs/events.md').split('\n## Every event\n');
const [head = '', ...sections] = below.split('\n### ');

/** The rows of the table of a section, cell by cell. */
function rows(section: string): string[][] {
  const lines = section.split('\n').filter((line) => line.startsWith('| '));
  return lines.slice(1).map((line) => line.slice(2, -2).split(' | '));
}

describe('docs/events.md', () => {
  it('says what every event carries', () => expect(rows(head)).toEqual(fieldRows(envelope)));

  it('has the fields of the audit log', () => expect(rows(above)).toEqual(fieldRows(auditEntry.shape)));

  it('has every type, in order, and no other', () => {
    expect(sections.map((section) => section.split('\n')[0])).toEqual(Object.keys(EVENTS));
  });

  it.each(Object.entries(EVENTS))('has the fields of %s', (type, { shape }) => {
    const section = sections.find((each) => each.startsWith(`${type}\n`)) ?? '';
    expect(rows(section)).toEqual(fieldRows(shape));
  });

  it('has a sentence about each type', () => {
    const silent = sections.filter((section) => !/^[\w-]+\n\n[A-Z].*\.\n/.test(section));
    expect(silent).toEqual([]);
  });

  it('explains every field', () => {
    const all = Object.values(EVENTS).flatMap(({ shape }) => fieldRows(shape));
    expect(all.filter(([, , means]) => means === '')).toEqual([]);
  });
});

describe('a recorded stream', () => {
  const line = (body: object, more: object = {}): string =>
    JSON.stringify({ v: 1, ts: '2026-01-02T03:04:05.678Z', run: 'r1', ...body, ...more });
  const said = line({ type: 'text', text: 'hello' });

  it('is read as it was written', () => {
    expect(readEvents(`${said}\n`, 'run.jsonl')).toEqual([JSON.parse(said)]);
  });

  it.each([
    ['a type that this version does not know', `${said}\n${line({ type: 'new-thing', text: 'x' })}\n`],
    ['a field that this version does not know', `${line({ type: 'text', text: 'hello' }, { colour: 'red' })}\n`],
    ['a last line that was cut off', `${said}\n${said.slice(0, 40)}`],
    ['no newline at the end', said],
  ])('%s is no obstacle', (_what, text) => {
    expect(readEvents(text, 'run.jsonl')).toEqual([JSON.parse(said)]);
  });

  it.each([
    ['no JSON', 'Nothing to change.', 'run.jsonl:2: not a line of JSON'],
    ['another version', line({ type: 'text', text: 'x' }, { v: 2 }), 'run.jsonl:2: not an event: v: '],
    ['a field that is missing', line({ type: 'text' }), 'run.jsonl:2: not an event: text: '],
    ['JSON of something else', '{"level":"info"}', 'run.jsonl:2: not an event: v: '],
  ])('%s is refused, with its line', (_what, bad, message) => {
    expect(() => readEvents(`${said}\n${bad}\n`, 'run.jsonl')).toThrow(
      expect.objectContaining({ code: 'usage', message: expect.stringContaining(message) }),
    );
  });
});
