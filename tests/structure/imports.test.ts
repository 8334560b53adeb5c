import { describe, expect, it } from 'vitest';
import { isFile, parse, ROOMS, type Room, roomOf, source, sources } from '../support/source.ts';

/** Which rooms a room may import from, besides itself. Imports run one way. */
const MAY_IMPORT: Record<Room, readonly Room[]> = {
  scripts: ['playbooks', 'providers', 'engine'],
  playbooks: ['fleet', 'roles', 'engine', 'apps'],
  fleet: ['engine', 'apps'],
  roles: ['engine', 'apps'],
  providers: ['engine'],
  engine: [],
  apps: [],
  tests: [...ROOMS],
  bench: [...ROOMS],
};

/** Three scripts are about the checkout itself and not about an environment: no playbook stands between. */
const ABOUT_THE_CHECKOUT = [
  'scripts/bench.mjs imports ../bench/bench.ts',
  'scripts/dev.mjs imports ../fleet/dev/dev.ts',
  'scripts/test.mjs imports ../tests/support/run.ts',
];

/** What the kit knows of the apps. */
const KNOWN_APPS = ['@odin/events', '@odin/kafka', '@odin/client'];
const KIT: readonly Room[] = ['scripts', 'playbooks', 'fleet', 'roles', 'providers', 'engine'];

describe.each(ROOMS)('%s', (room) => {
  const imports = sources(room).flatMap((path) => source(path).imports.map((each) => ({ path, ...each })));

  it('imports only files that are there', () => {
    const inside = imports.filter(({ target, specifier }) => roomOf(target) || /^[.#]/.test(specifier));
    expect(inside.filter(({ target }) => !isFile(target))).toEqual([]);
  });

  it(`imports from ${[room, ...MAY_IMPORT[room]].join(', ')}, and from no other room`, () => {
    const wrong = imports
      .filter(({ target }) => {
        const to = roomOf(target);
        return to && to !== room && !MAY_IMPORT[room].includes(to);
      })
      .map(({ path, specifier }) => `${path} imports ${specifier}`);
    expect(wrong.filter((line) => !ABOUT_THE_CHECKOUT.includes(line))).toEqual([]);
  });

  it('knows of the apps only their contract, the Kafka wrapper and the client, by name', () => {
    // Apps may know each other, and tests and benchmarks what they look at.
    const mayKnow = KIT.includes(room) ? KNOWN_APPS : undefined;
    const wrong = imports.filter(
      ({ target, specifier }) => roomOf(target) === 'apps' && mayKnow && !mayKnow.includes(specifier),
    );
    expect(wrong.map(({ path, specifier }) => `${path} imports ${specifier}`)).toEqual([]);
  });
});

it('an app reaches another one by its name', () => {
  const appOf = (path: string): string => path.split('/').slice(0, 2).join('/');
  // A browser knows no names of packages.
  const onHosts = sources('apps').filter((path) => !path.startsWith('apps/ws-server/page/'));
  const wrong = onHosts.flatMap((path) =>
    source(path)
      .imports.filter(({ specifier, target }) => specifier.startsWith('.') && appOf(target) !== appOf(path))
      .map(({ specifier }) => `${path} imports ${specifier}`),
  );
  expect(wrong).toEqual([]);
});

it('providers do not know each other', () => {
  const wrong = sources('providers')
    .filter((path) => path !== 'providers/providers.ts')
    .flatMap((path) => source(path).imports.map(({ target }) => ({ path, target })))
    .filter(({ path, target }) => roomOf(target) === 'providers' && target.split('/')[1] !== path.split('/')[1]);
  expect(wrong).toEqual([]);
});

it('no file imports itself, on whatever way round', () => {
  const files = ROOMS.flatMap(sources);
  const edges = new Map(
    files.map((path) => [path, source(path).imports.flatMap(({ target, typeOnly }) => (typeOnly ? [] : [target]))]),
  );
  const cycles: string[] = [];
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) {
      cycles.push([...trail.slice(trail.indexOf(path)), path].join(' → '));
      return;
    }
    if (done.has(path)) return;
    for (const target of edges.get(path) ?? []) if (edges.has(target)) visit(target, [...trail, path]);
    done.add(path);
  };
  for (const path of files) visit(path, []);
  expect(cycles).toEqual([]);
});

it('the engine has no word of Kafka, WebSocket or HAProxy', () => {
  const said = sources('engine').flatMap((path) =>
    source(path).words.flatMap(({ text, line }) =>
      /kafka|websocket|haproxy|redpanda/i.test(text) ? [`${path}:${line} ${text}`] : [],
    ),
  );
  expect(said).toEqual([]);
});

describe('what is read of a file', () => {
  const found = (text: string): string[] => parse('roles/x/role.ts', text).imports.map(({ target }) => target);
  it.each([
    ["import { a } from './a.ts';", 'roles/x/a.ts'],
    ["import type { a } from '../y/a.ts';", 'roles/y/a.ts'],
    ["import './a.ts';", 'roles/x/a.ts'],
    ["export * from '#engine/a.ts';", 'engine/a.ts'],
    ["export type { a } from '#fleet/b/a.ts';", 'fleet/b/a.ts'],
    ["const a = await import('@odin/events');", 'apps/events/index.ts'],
    ["type A = import('../../engine/a.ts').A;", 'engine/a.ts'],
    ["import fs from 'node:fs';", 'node:fs'],
  ])('%s', (text, target) => expect(found(text)).toEqual([target]));

  it('not comments and texts', () => expect(found("// import './a.ts'\nconst a = \"import './a.ts'\";")).toEqual([]));
  it('every name and text, and no comment', () => {
    const { words } = parse('engine/x.ts', "/** Kafka */ // kafka\nconst a = 'kafka';\nconst b = `c`;\n");
    expect(words).toEqual([
      { text: 'a', line: 2 },
      { text: 'kafka', line: 2 },
      { text: 'b', line: 3 },
      { text: 'c', line: 3 },
    ]);
  });
});
