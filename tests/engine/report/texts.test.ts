import { describe, expect, it, vi } from 'vitest';
import type { Outcome } from '#engine/check.ts';
import type { HostPlan } from '#engine/plan.ts';
import { outcomeOf, outcomesText } from '#engine/report/check-text.ts';
import { Progress } from '#engine/report/progress.ts';
import { recapText } from '#engine/report/recap.ts';
import { lineReporter, seconds } from '#engine/report/reporter.ts';
import type { Decision } from '#engine/resource.ts';
import { file } from '#engine/resources/file.ts';
import { hostOf, sandboxInventory } from '../../support/inventory.ts';
import { FACTS } from '../../support/kind.ts';
import { plain } from '../../support/plain.ts';
import { planText } from '../../support/plan.ts';

const inventory = sandboxInventory();

function planWith(host: string, decisions: readonly (Decision | { state: 'blocked'; after: string })[]): HostPlan {
  const findings = decisions.map((decision, i) => {
    const wanted = { role: 'demo', play: 0, resource: file({ path: `/etc/${i}`, content: '' }) };
    return decision.state === 'blocked' ? { wanted, decision, seen: undefined } : { wanted, decision, seen: {} };
  });
  return { host: hostOf(inventory, host), facts: FACTS, findings, outcomes: [] };
}

describe('the plan', () => {
  const plans = [
    planWith('ws-1', [
      { state: 'change', action: '+', summary: 'create', before: '', after: 'a\nb\n' },
      { state: 'ok' },
      { state: 'change', action: '~', summary: 'content', before: 'one\ntwo\nthree\n', after: 'one\n2\nthree\n' },
      { state: 'change', action: '-', summary: 'remove' },
      { state: 'blocked', after: 'docker' },
    ]),
    planWith('ws-2', [{ state: 'ok' }]),
  ];

  it('names what changes, host by host, and not what is as it should be', () => {
    expect(plain(planText(plans, false)).split('\n')).toEqual([
      'ws-1',
      '  + demo: file /etc/0  create',
      '  ~ demo: file /etc/2  content',
      '  - demo: file /etc/3  remove',
      '  ? demo: file /etc/4  (known after docker)',
      '',
    ]);
  });

  it('with --diff shows the texts', () => {
    expect(plain(planText(plans, true)).split('\n')).toEqual([
      'ws-1',
      '  + demo: file /etc/0  create',
      '      @@ -0,0 +1,2 @@',
      '      +a',
      '      +b',
      '  ~ demo: file /etc/2  content',
      '      @@ -1,3 +1,3 @@',
      '       one',
      '      -two',
      '      +2',
      '       three',
      '  - demo: file /etc/3  remove',
      '  ? demo: file /etc/4  (known after docker)',
      '',
    ]);
  });
});

it('the recap has the words that Ansible’s users know', () => {
  const none = { ok: 0, changed: 0, failed: 0, unreachable: 0, executions: 1, tunnels: 0 };
  expect(
    plain(
      recapText([
        { ...none, host: 'backend-1', ok: 31, changed: 2, executions: 3, tunnels: 4 },
        { ...none, host: 'ws-1', failed: 1 },
        { ...none, host: 'lb-1', unreachable: 1, executions: 0 },
      ]),
    ).split('\n'),
  ).toEqual([
    '  backend-1  ok=31 changed=2 failed=0 unreachable=0  executions=3 tunnels=4',
    '  ws-1       ok=0 changed=0 failed=1 unreachable=0  executions=1 tunnels=0',
    '  lb-1       ok=0 changed=0 failed=0 unreachable=1  executions=0 tunnels=0',
  ]);
});

it('checks: a line each, bad news with its evidence and what to type', () => {
  const outcome = (severity: 'critical' | 'warning', verdict: Outcome['verdict']): Outcome => ({
    host: 'ws-1',
    role: 'demo',
    check: {
      where: 'host',
      id: 'demo.x',
      title: 'x is there',
      severity,
      phases: ['verify'],
      probe: ':',
      judge: () => verdict,
    },
    verdict,
  });
  expect(
    plain(
      outcomesText(
        [
          outcome('critical', { ok: true }),
          outcome('critical', { ok: true, note: '3 of 3' }),
          outcome('warning', { ok: false, message: 'x is small' }),
          outcome('critical', { ok: false, message: 'x is not there', lastLines: 'one\ntwo', next: 'make x' }),
        ].map(outcomeOf),
      ),
    ).split('\n'),
  ).toEqual([
    '  ws-1       demo: ✓ x is there',
    '  ws-1       demo: ✓ x is there  3 of 3',
    '  ws-1       demo: ! x is small (demo.x)',
    '  ws-1       demo: ✗ x is not there (demo.x)',
    '      one',
    '      two',
    '      next: make x',
  ]);
});

describe('lines as things happen', () => {
  const reported = (verbose: boolean): string[] => {
    const lines: string[] = [];
    const report = lineReporter((line) => lines.push(plain(line)), verbose);
    report.heading('ws hosts stream');
    report.step('ws-1', 'docker: pull');
    report.done('ws-1', 'docker: 3 changed', 1234);
    report.done('local', 'built');
    report.warn('ws-1', 'small');
    report.verbose('ws-1', 'detail');
    report.lines('as it is');
    return lines;
  };
  const expected = [
    '\nws hosts stream',
    '  ws-1       … docker: pull',
    '  ws-1       ✓ docker: 3 changed  1.2 s',
    '  local      ✓ built',
    '  ws-1       ! small',
    'as it is',
  ];
  it('without --verbose', () => expect(reported(false)).toEqual(expected));
  it('with --verbose', () => expect(reported(true)).toEqual(expected.toSpliced(5, 0, '  ws-1       detail')));
});

it.each([
  [0, '0.0 s'],
  [49, '0.0 s'],
  [1950, '1.9 s'],
  [61_000, '61.0 s'],
])('%i ms is %s', (ms, text) => expect(seconds(ms)).toBe(text));

describe('progress of one host', () => {
  const progressed = (act: (progress: Progress) => void): string[] => {
    vi.useFakeTimers();
    const lines: string[] = [];
    act(
      new Progress(
        lineReporter((line) => lines.push(plain(line)), false),
        'ws-1',
      ),
    );
    vi.useRealTimers();
    return lines.map((line) => line.trim());
  };
  const one = (progress: Progress, role: string, summary: string, ms = 0, exitStatus = 0): void => {
    const step = { host: 'ws-1', play: 'demo', role, resource: 'file /a', action: '+' as const, summary };
    progress.begin(step);
    vi.advanceTimersByTime(ms);
    progress.end(step, { exitStatus });
  };

  it('is one line per role', () => {
    expect(
      progressed((progress) => {
        one(progress, 'docker', 'a', 200);
        one(progress, 'docker', 'b', 300);
        one(progress, 'broker', 'c', 100);
        progress.flush();
      }),
    ).toEqual(['ws-1       ✓ docker: 2 changed  0.5 s', 'ws-1       ✓ broker: file /a  c  0.1 s']);
  });

  it('announces what takes its time, while it runs', () => {
    expect(
      progressed((progress) => {
        one(progress, 'docker', 'install', 5000);
        progress.flush();
      }),
    ).toEqual(['ws-1       … docker: file /a  install', 'ws-1       ✓ docker: file /a  install  5.0 s']);
  });

  it('keeps on record what was done before a failure', () => {
    expect(
      progressed((progress) => {
        one(progress, 'docker', 'a', 100);
        one(progress, 'docker', 'b', 100, 1);
        progress.flush();
      }),
    ).toEqual(['ws-1       ✓ docker: file /a  a  0.1 s']);
  });
});
