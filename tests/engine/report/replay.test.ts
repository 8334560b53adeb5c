import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { NO_SERVICES } from '#engine/adhoc.ts';
import { failureOf } from '#engine/errors.ts';
import type { RunEvent } from '#engine/report/events.ts';
import { jsonlRenderer } from '#engine/report/jsonl.ts';
import { plainRenderer } from '#engine/report/plain.ts';
import { readEvents } from '#engine/report/read-events.ts';
import { openReporter, type Renderer } from '#engine/report/reporter.ts';
import { newRun } from '#engine/report/run-identity.ts';
import { Tally } from '#engine/report/tally.ts';
import { play, playbook, role } from '#engine/role.ts';
import { runPlaybook } from '#engine/run.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { inventoryOf } from '../../support/inventory.ts';
import { dirAt, fileAt } from '../../support/plan.ts';
import { standInForSsh } from '../../support/ssh-stand-in.ts';

const ssh = standInForSsh(temporaryFolder());
const root = temporaryFolder();
const SECRET = 'correct horse battery';

/** What a stream of lines printed, each with the stream that it went to. */
function page(): { lines: string[]; out(line: string): void; err(line: string): void } {
  const lines: string[] = [];
  return { lines, out: (line) => void lines.push(`out ${line}`), err: (line) => void lines.push(`err ${line}`) };
}

function both(...renderers: readonly Renderer[]): Renderer {
  return {
    show: (event) => {
      for (const renderer of renderers) renderer.show(event);
    },
    close() {},
  };
}

interface Recorded {
  printed: string[];
  jsonl: string;
  events: RunEvent[];
  exit: number;
}

let runs = 0;

/** A run over files of this machine, shown as plain lines and recorded as JSON at the same time. */
async function record(
  dir: string,
  { verbose = false, check = false, diff = false }: { verbose?: boolean; check?: boolean; diff?: boolean } = {},
): Promise<Recorded> {
  const inventory = inventoryOf(
    `
provider: sandbox
hosts:
  backend-1: { groups: [backend], address: 192.0.2.1 }
  ws-1: { groups: [ws], address: 192.0.2.2 }
  ws-2: { groups: [ws], address: 192.0.2.3 }
network: {}
`,
    'prod',
    {},
  );
  const feed = role('feed', z.strictObject({}), {
    resources: ({ host }) => [
      dirAt(`${dir}/${host.name}`),
      fileAt(`${dir}/${host.name}/a`, 'one\ntwo\n'),
      fileAt(`${dir}/${host.name}/b`, 'b\n', {
        validate: `sh -c '[ ! -e ${dir}/broken-${host.name} ] || { echo "is ${SECRET} right?"; exit 3; }' --`,
      }),
    ],
    checks: ({ host }) => [
      {
        where: 'host',
        id: 'feed.flows',
        title: 'the feed flows',
        severity: 'warning',
        phases: ['preflight', 'verify'],
        probe: `ls ${dir}/dry`,
        judge: ({ status }) => (status === 0 ? { ok: false, message: 'it is dry', next: 'make rain' } : { ok: true }),
      },
      {
        where: 'controller',
        id: 'feed.gate',
        title: `through ${host.name}`,
        severity: 'critical',
        phases: ['gate'],
        run: async () => ({ ok: true, note: '3 of 3' }),
      },
    ],
  });
  const book = playbook('demo', [play('the feed flows', { hosts: 'all', roles: [feed] })]);
  const plain = page();
  const json: string[] = [];
  const report = openReporter(
    both(
      plainRenderer({ ...plain, verbose }),
      jsonlRenderer(
        (line) => void json.push(line),
        () => {},
      ),
    ),
    newRun('deploy'),
  );
  report.hide(SECRET);
  const { id: _, ...run } = report.run;
  report.emit({ type: 'run-started', ...run, words: [...run.words], env: 'prod', verbose });
  const options = { check, diff, yes: true, detailedExitcode: false, command: 'deploy', image: (name: string) => name };
  let exit: number;
  try {
    exit = await runPlaybook(book, inventory, { ...options, report, services: NO_SERVICES });
  } catch (error) {
    const failure = failureOf(error);
    report.emit({ type: 'failed', ...failure });
    exit = failure.exit;
  }
  report.emit({ type: 'run-ended', exit, ms: 1 });
  const jsonl = json.map((line) => `${line}\n`).join('');
  return { printed: plain.lines, jsonl, events: readEvents(jsonl, 'run.jsonl'), exit };
}

function replayed(events: readonly RunEvent[]): string[] {
  const again = page();
  const renderer = plainRenderer({ ...again, verbose: false });
  for (const event of events) renderer.show(event);
  return again.lines;
}

const fresh = (...files: readonly string[]): string => {
  runs += 1;
  const dir = join(root, String(runs));
  mkdirSync(dir);
  for (const name of files) writeFileSync(join(dir, name), '');
  return dir;
};

describe('replay prints what the run printed, byte for byte', () => {
  it.each<[what: string, files: string[], options: Parameters<typeof record>[1], exit: number]>([
    ['a deploy', [], {}, 0],
    ['with details', [], { verbose: true }, 0],
    ['a plan with texts', [], { check: true, diff: true }, 0],
    ['one that warns', ['dry'], {}, 0],
    ['one in which a host fails', ['broken-ws-1'], {}, 2],
  ])('%s', async (_what, files, options, exit) => {
    const run = await record(fresh(...files), options);
    expect(run.exit).toBe(exit);
    expect(run.printed.length).toBeGreaterThan(5);
    expect(replayed(run.events)).toEqual(run.printed);
  });

  it('one that has nothing to change', async () => {
    const dir = fresh();
    await record(dir);
    const run = await record(dir);
    expect(run.printed).toContain('out \nNothing to change.');
    expect(replayed(run.events)).toEqual(run.printed);
  });

  it('one in which a host cannot be reached', async () => {
    ssh.answer('odin@192.0.2.2', 'exit 255');
    const run = await record(fresh());
    expect(run.exit).toBe(4);
    expect(replayed(run.events)).toEqual(run.printed);
  });
});

describe('the recap can be counted from the finer events', () => {
  it.each<[what: string, files: string[]]>([
    ['of a deploy', []],
    ['of one that failed half way on a host', ['broken-ws-1']],
  ])('%s', async (_what, files) => {
    const { events } = await record(fresh(...files));
    const tally = new Tally();
    for (const event of events) tally.add(event);
    const told = events.find((event) => event.type === 'recap');
    expect(told?.hosts).toHaveLength(3);
    for (const { host, executions: _, tunnels: __, ...counts } of told?.hosts ?? [])
      expect({ host, ...tally.of(host) }).toEqual({ host, ...counts });
  });

  it('with what was changed before the failure', async () => {
    const { events } = await record(fresh('broken-ws-1'));
    const told = events.find((event) => event.type === 'recap');
    expect(told?.hosts.find(({ host }) => host === 'ws-1')).toMatchObject({ ok: 0, changed: 2, failed: 1 });
  });
});

describe('the audit log of every host can be made again from the stream', () => {
  const LOGS = { 'backend-1': '192.0.2.1', 'ws-1': '192.0.2.2', 'ws-2': '192.0.2.3' };
  const logOf = (host: keyof typeof LOGS): string[] => {
    const path = ssh.hostFile(LOGS[host], 'log/audit.jsonl');
    return existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n') : [];
  };
  const rebuilt = (events: readonly RunEvent[], host: string): string[] =>
    events.flatMap((event) =>
      'audit' in event && event.audit && event.host === host ? [JSON.stringify(event.audit)] : [],
    );
  const hosts = Object.keys(LOGS) as (keyof typeof LOGS)[];
  const ends = (host: keyof typeof LOGS): unknown[] =>
    logOf(host).map((line) => {
      const { what, result, exit, changed } = JSON.parse(line);
      return what === 'run' ? { what, result, exit, changed } : result;
    });

  it('after a deploy: its changes, then the run', async () => {
    const { events } = await record(fresh());
    for (const host of hosts) {
      expect(logOf(host)).toEqual(rebuilt(events, host));
      expect(ends(host)).toEqual(['ok', 'ok', 'ok', { what: 'run', result: 'ok', exit: 0, changed: 3 }]);
    }
  });

  it('after one that failed on a host', async () => {
    const { events } = await record(fresh('broken-ws-1'));
    for (const host of hosts) expect(logOf(host)).toEqual(rebuilt(events, host));
    expect(ends('ws-1')).toEqual(['ok', 'ok', 'failed', { what: 'run', result: 'failed', exit: 2, changed: 2 }]);
    expect(ends('ws-2').at(-1)).toEqual({ what: 'run', result: 'ok', exit: 0, changed: 3 });
    expect(logOf('ws-1').join('\n')).not.toContain(SECRET);
  });

  it('and a run that changes nothing leaves no trace', async () => {
    const dir = fresh();
    await record(dir);
    const before = hosts.map(logOf);
    const { events } = await record(dir);
    await record(dir, { check: true });
    expect(hosts.map(logOf)).toEqual(before);
    expect(hosts.flatMap((host) => rebuilt(events, host))).toEqual([]);
  });
});

it('a secret that a failing command prints is in no event', async () => {
  const { jsonl, printed } = await record(fresh('broken-ws-1'), { verbose: true, diff: true });
  expect(jsonl).toContain('is [secret] right?');
  expect(jsonl).not.toContain(SECRET);
  expect(printed.join('\n')).not.toContain(SECRET);
});
