import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { canBeLive } from '#engine/report/choose.ts';
import type { EventBody, RunEvent } from '#engine/report/events.ts';
import { frame, liveRenderer } from '#engine/report/live.ts';
import { LiveRows } from '#engine/report/live-rows.ts';
import { plain } from '../../support/plain.ts';

const BEGAN = Date.parse('2026-01-02T03:04:05.000Z');
const at = (seconds: number, body: EventBody): RunEvent => ({
  v: 1,
  ts: new Date(BEGAN + seconds * 1000).toISOString(),
  run: 'r1',
  ...body,
});

const step = {
  host: 'ws-1',
  play: 'ws hosts stream',
  role: 'ws-server',
  resource: 'file /a',
  action: '+',
  summary: 'create',
} as const;

/** Rows after these events, as `host: text @second`. */
function rowsAfter(...events: readonly RunEvent[]): string[] {
  const rows = new LiveRows();
  for (const event of events) rows.add(event);
  return rows.all.map(
    ({ host, text, since }) => `${host}: ${text}${since === undefined ? '' : ` @${(since - BEGAN) / 1000}`}`,
  );
}

describe('what each host is at', () => {
  const learning = at(0, { type: 'learning', hosts: ['ws-1', 'ws-2'], what: 'resources' });
  const playing = at(1, { type: 'play-started', play: 'x', hosts: ['ws-1', 'ws-2'], strategy: 'rolling' });
  it.each<[what: string, events: RunEvent[], rows: string[]]>([
    ['hosts that are read', [learning], ['ws-1: reading resources @0', 'ws-2: reading resources @0']],
    [
      'until they have answered',
      [learning, at(1, { type: 'learned', host: 'ws-1', resources: 3, checks: 0, ms: 1000 })],
      ['ws-2: reading resources @0'],
    ],
    [
      'or cannot be reached',
      [learning, at(1, { type: 'host-failed', host: 'ws-2', name: 'unreachable', exit: 4, message: 'no' })],
      ['ws-1: reading resources @0'],
    ],
    ['hosts of a play wait', [playing], ['ws-1: waiting for its turn', 'ws-2: waiting for its turn']],
    [
      'prepare',
      [playing, at(2, { type: 'preparing', host: 'ws-1', role: 'ws-server', resource: 'docker.image x' })],
      ['ws-1: ws-server: preparing docker.image x @2', 'ws-2: waiting for its turn'],
    ],
    [
      'and change',
      [playing, at(3, { type: 'step-started', ...step })],
      ['ws-1: ws-server: file /a  create @3', 'ws-2: waiting for its turn'],
    ],
    [
      'read back',
      [playing, at(3, { type: 'step-started', ...step }), at(5, { type: 'step-done', ...step, ms: 2000 })],
      ['ws-1: ws-server: reading back @5', 'ws-2: waiting for its turn'],
    ],
    [
      'and are done',
      [playing, at(6, { type: 'host-done', host: 'ws-1', play: 'x', changed: 1, ms: 5000 })],
      ['ws-2: waiting for its turn'],
    ],
    ['work on this machine', [at(0, { type: 'began', where: 'local', text: 'building a' })], ['local: building a @0']],
    [
      'until all of it has ended',
      [
        at(0, { type: 'began', where: 'local', text: 'building a' }),
        at(1, { type: 'began', where: 'local', text: 'building b' }),
        at(2, { type: 'done', where: 'local', text: 'built b' }),
      ],
      ['local: building a @0'],
    ],
    ['nothing once the run has ended', [playing, at(9, { type: 'run-ended', exit: 0, ms: 9000 })], []],
  ])('%s', (_what, events, rows) => expect(rowsAfter(...events)).toEqual(rows));
});

describe('a frame', () => {
  const row = (host: string, text: string, since?: number) => ({ host, text, since });
  const drawn = (rows: Parameters<typeof frame>[0], columns: number, height = 24): string[] =>
    frame(rows, BEGAN + 12_345, columns, height).map(plain);

  it('shows a spinner and how long it takes; who waits has neither', () => {
    expect(drawn([row('ws-1', 'docker: pull', BEGAN), row('ws-2', 'waiting')], 80)).toEqual([
      '  ws-1       ⠸ docker: pull  12 s',
      '  ws-2       · waiting',
    ]);
  });

  it.each([30, 40, 79, 80])('fits into %i columns', (columns) => {
    for (const line of drawn([row('ws-1', 'x'.repeat(100), BEGAN), row('ws-2', 'y'.repeat(100))], columns))
      expect(line.length).toBe(columns - 1);
  });

  it('leaves room for the story where there are many hosts', () => {
    const rows = Array.from({ length: 40 }, (_, i) => row(`ws-${i}`, 'x', BEGAN));
    const lines = drawn(rows, 80, 24);
    expect(lines).toHaveLength(18);
    expect(lines.at(-1)).toBe('  … and 23 more');
  });
});

it.each<[tty: boolean, env: Record<string, string>, live: boolean]>([
  [true, {}, true],
  [true, { TERM: 'xterm-256color' }, true],
  [false, {}, false],
  [true, { CI: 'true' }, false],
  [true, { NO_COLOR: '1' }, false],
  [true, { TERM: 'dumb' }, false],
])('terminal %s with %j: live %s', (isTTY, env, live) => {
  const stdout = { isTTY } as NodeJS.WriteStream;
  expect(canBeLive({ stdout, stderr: stdout, env })).toBe(live);
});

it('the story stays, rows go', () => {
  const written: string[] = [];
  const stream = Object.assign(new PassThrough(), { isTTY: true, columns: 80, rows: 24 });
  stream.on('data', (chunk: Buffer) => void written.push(chunk.toString()));
  const terminal = stream as unknown as NodeJS.WriteStream;
  const live = liveRenderer(terminal, terminal, false);
  live.show(at(0, { type: 'play-started', play: 'ws hosts stream', hosts: ['ws-1'], strategy: 'rolling' }));
  live.show(at(1, { type: 'step-started', ...step }));
  live.show(at(3, { type: 'step-slow', ...step }));
  live.show(at(5, { type: 'role-done', host: 'ws-1', role: 'ws-server', changed: 2, last: 'x', ms: 4000 }));
  live.show(at(5, { type: 'host-done', host: 'ws-1', play: 'ws hosts stream', changed: 2, ms: 4000 }));
  live.close();
  const text = plain(written.join(''));
  // What is erased again is a row; a slow step is seen there, and has no line.
  const ERASE = `${String.fromCharCode(27)}[2K`;
  expect(text).toContain('\nws hosts stream\n');
  expect(text).toContain('ws-server: file /a  create');
  expect(text).toContain('  ws-1       ✓ ws-server: 2 changed  4.0 s\n');
  expect(text.indexOf(ERASE, text.lastIndexOf('⠋'))).toBeGreaterThan(0);
  expect(text).not.toContain('… ws-server');
});
