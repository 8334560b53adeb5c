import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { AuditEntry } from '#engine/audit/entry.ts';
import { auditEntry } from '#engine/audit/schema.ts';
import { newestEntries } from '#engine/audit/shell.ts';
import type { RunEvent } from '#engine/report/events.ts';
import { readEvents } from '#engine/report/read-events.ts';
import { type ControllerKind, OK, resourceOf } from '#engine/resource.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { type LocalHost, localHost } from '../../support/local-connection.ts';
import { applyPlanned, dirAt, fileAt, planHere, wantedOf } from '../../support/plan.ts';
import { runText } from '../../support/shell.ts';

const root = temporaryFolder();
let folders = 0;
function fresh(): string {
  folders += 1;
  return join(root, String(folders));
}

/** A host, and every event that is told about it, as it goes through the stream. */
function recordedHost(): LocalHost & { events(): RunEvent[]; log(): string[] } {
  const local = localHost();
  const lines: string[] = [];
  local.controller.report.listen((event) => void lines.push(`${JSON.stringify(event)}\n`));
  const file = join(local.connection.log, 'audit.jsonl');
  return {
    ...local,
    events: () => readEvents(lines.join(''), 'run.jsonl'),
    log: () => (existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : []),
  };
}

/** The audit log as it can be made from a run's events. */
const rebuilt = (events: readonly RunEvent[]): string[] =>
  events.flatMap((event) => ('audit' in event && event.audit ? [JSON.stringify(event.audit)] : []));

const brief = (line: string): Partial<AuditEntry> => {
  const { action, resource, result, exit } = auditEntry.parse(JSON.parse(line));
  return { action, resource, result, exit };
};

describe('the audit log of a host', () => {
  it('has a line per change, which the stream of the run has too, byte for byte', async () => {
    const host = recordedHost();
    const dir = fresh();
    await applyPlanned(host, await planHere(host, wantedOf([dirAt(dir), fileAt(`${dir}/a'b "c" ü`, 'text\n')])));
    expect(host.log()).toEqual(rebuilt(host.events()));
    expect(host.log().map(brief)).toEqual([
      { action: '+', resource: `directory ${dir}`, result: 'ok', exit: 0 },
      { action: '+', resource: `file ${dir}/a'b "c" ü`, result: 'ok', exit: 0 },
    ]);
  });

  it('says who, with what, where and when', async () => {
    const host = recordedHost();
    const dir = fresh();
    await applyPlanned(host, await planHere(host, wantedOf([dirAt(dir)])));
    const [line = ''] = host.log();
    const { run } = host.controller.report;
    expect(JSON.parse(line)).toEqual({
      v: 1,
      ts: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      run: run.id,
      who: run.who,
      command: 'lines',
      env: 'here',
      commit: expect.stringMatching(/^[0-9a-f]{12}/),
      what: 'change',
      play: 'play 0',
      role: 'demo',
      resource: `directory ${dir}`,
      action: '+',
      summary: 'create',
      result: 'ok',
      exit: 0,
    });
  });

  it('has the change that failed, and none after it', async () => {
    const host = recordedHost();
    const dir = fresh();
    const plan = await planHere(
      host,
      wantedOf([dirAt(dir), fileAt(`${dir}/bad`, 'x', { validate: 'sh -c "exit 4" --' }), fileAt(`${dir}/never`, 'x')]),
    );
    await expect(applyPlanned(host, plan)).rejects.toMatchObject({ code: 'apply-failed' });
    expect(host.log().map(brief)).toEqual([
      { action: '+', resource: `directory ${dir}`, result: 'ok', exit: 0 },
      { action: '+', resource: `file ${dir}/bad`, result: 'failed', exit: 1 },
    ]);
    expect(host.log()).toEqual(rebuilt(host.events()));
  });

  it('has the change whose time was up', async () => {
    const host = recordedHost();
    const slow = resourceOf<string, boolean>(
      {
        where: 'host',
        name: 'slow',
        probe: () => 'echo no',
        read: (_, all) => all.map(() => false),
        decide: () => ({ state: 'change', action: '~', summary: 'wait' }),
        apply: () => 'sleep 20',
        applySeconds: () => 1,
      },
      (name) => name,
    );
    await expect(applyPlanned(host, await planHere(host, wantedOf([slow('x')])))).rejects.toMatchObject({
      context: { exitStatus: 124 },
    });
    expect(host.log().map(brief)).toEqual([{ action: '~', resource: 'slow x', result: 'failed', exit: 124 }]);
  });

  it('is not written to where nothing changes', async () => {
    const host = recordedHost();
    const dir = fresh();
    const wanted = wantedOf([dirAt(dir)]);
    await applyPlanned(host, await planHere(host, wanted));
    const before = host.log();
    await applyPlanned(host, await planHere(host, wanted));
    expect(host.log()).toEqual(before);
  });

  it('has what the controller changed through a tunnel', async () => {
    const host = recordedHost();
    const shelf: string[] = [];
    const kind: ControllerKind<string, string[]> = {
      where: 'controller',
      name: 'shelf',
      after: 'demo',
      observe: async () => [...shelf],
      decide: (item, items) => (items.includes(item) ? OK : { state: 'change', action: '+', summary: `put ${item}` }),
      async perform(item) {
        if (item === 'bomb') throw new Error('no');
        shelf.push(item);
      },
    };
    const put = resourceOf(kind, (item) => item);
    await applyPlanned(host, await planHere(host, wantedOf([put('book')], 0, 'shelves')));
    await applyPlanned(host, await planHere(host, wantedOf([put('bomb')], 0, 'shelves'))).catch(() => undefined);
    expect(host.log().map(brief)).toEqual([
      { action: '+', resource: 'shelf book', result: 'ok', exit: 0 },
      { action: '+', resource: 'shelf bomb', result: 'failed', exit: 1 },
    ]);
    expect(host.log()).toEqual(rebuilt(host.events()));
  });

  it('is for root and its group alone', async () => {
    const host = recordedHost();
    await applyPlanned(host, await planHere(host, wantedOf([dirAt(fresh())])));
    expect(statSync(join(host.connection.log, 'audit.jsonl')).mode & 0o777).toBe(0o640);
  });

  it('stops everything where it cannot be written', async () => {
    const host = recordedHost();
    const dir = fresh();
    const plan = await planHere(host, wantedOf([dirAt(dir)]));
    // A folder of that name stands in the way.
    await runText(`mkdir ${join(host.connection.log, 'audit.jsonl')}`);
    await expect(applyPlanned(host, plan)).rejects.toMatchObject({
      code: 'apply-failed',
      message: 'the audit log cannot be written; nothing of this wave was changed',
    });
    expect(existsSync(dir)).toBe(false);
  });

  it('makes room for itself once, and is read across both files', async () => {
    const host = recordedHost();
    const file = join(host.connection.log, 'audit.jsonl');
    writeFileSync(file, `${'x'.repeat(9 * 1024 * 1024)}\nold\n`);
    await applyPlanned(host, await planHere(host, wantedOf([dirAt(fresh())])));
    expect(host.log()).toHaveLength(1);
    let read = '';
    await runText(newestEntries(2).replaceAll('/var/log/odin', host.connection.log), (chunk) => {
      read += chunk;
    });
    expect(read).toBe(`old\n${host.log()[0]}\n`);
  });
});
