import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Inventory } from '#engine/inventory/inventory.ts';
import { parseInventory } from '#engine/inventory/load.ts';
import { resolveInventory } from '#engine/inventory/resolve.ts';
import type { Controller, Resource } from '#engine/resource.ts';
import { SecretFile, secretDigest } from '#engine/secrets/secret-file.ts';
import { password } from '#roles/registry/password.ts';
import { secrets } from '#roles/secrets/role.ts';
import { listStore, readStore, STORE } from '#roles/secrets/store.ts';
import { temporaryFolder } from '../support/folder.ts';
import { ROLE_SCHEMAS } from '../support/inventory.ts';
import { decideFrom, FACTS, kindOf, oneLine, readAll } from '../support/kind.ts';
import { checksOf, hostCheck, judge, resourcesOf, said } from '../support/roles.ts';
import { runPieces } from '../support/shell.ts';

/** An environment that names GRAFANA_PASSWORD, with what the operator's own file says. */
function inventoryWith(local: Record<string, string>): Inventory {
  const text = 'provider: sandbox\nhosts: { b: { groups: [backend] } }\nnetwork: {}\nsecrets: [GRAFANA_PASSWORD]\n';
  const file = parseInventory(text, 'inventory/prod.yml', ROLE_SCHEMAS);
  return resolveInventory('prod', file, { addresses: {}, hostKeys: [] }, ROLE_SCHEMAS, new SecretFile(local));
}
function storeOf(inventory: Inventory): Resource {
  const [wanted] = resourcesOf(secrets, inventory, 'b');
  if (!wanted) throw new Error('no store');
  return wanted;
}
/** What a host says that holds these. */
const held = (values: Record<string, string>, access = '600 root:root'): string =>
  [access, ...Object.entries(values).map(([name, value]) => `${name} ${secretDigest(name, value)}`)].join('\n');

describe('what is decided', () => {
  const R = { REGISTRY_PASSWORD: 'r' };
  const G = { GRAFANA_PASSWORD: 'g' };
  const table: [what: string, local: Record<string, string>, host: string, decision: string][] = [
    ['nobody has anything', {}, '', '+ generate REGISTRY_PASSWORD, store GRAFANA_PASSWORD'],
    ['the operator has one', G, '', '+ generate REGISTRY_PASSWORD, store GRAFANA_PASSWORD'],
    ['the operator has both', { ...R, ...G }, '', '+ store REGISTRY_PASSWORD, store GRAFANA_PASSWORD'],
    ['the host has both', {}, held({ ...R, ...G }), 'ok'],
    ['both have the same', { ...R, ...G }, held({ ...R, ...G }), 'ok'],
    ['the operator has another one', { GRAFANA_PASSWORD: 'new' }, held({ ...R, ...G }), '~ GRAFANA_PASSWORD changed'],
    ['the host lacks one', G, held(R), '~ store GRAFANA_PASSWORD'],
    ['others can read it', {}, held({ ...R, ...G }, '644 root:root'), '~ mode 644 root:root → 600 root:root'],
    ['the host has more', {}, held({ ...R, ...G, OLD: 'x' }), 'ok'],
  ];
  it.each(table)('%s', (_what, local, host, decision) => {
    expect(oneLine(decideFrom(storeOf(inventoryWith(local)), host))).toBe(decision);
  });

  it('no plan holds a value', () => {
    const decision = decideFrom(
      storeOf(inventoryWith({ GRAFANA_PASSWORD: 'hunter2' })),
      held({ GRAFANA_PASSWORD: 'old' }),
    );
    expect(JSON.stringify(decision)).not.toMatch(/hunter2|before|after/);
  });
});

describe('before the first change', () => {
  const check = (local: Record<string, string>): ReturnType<typeof hostCheck> =>
    hostCheck(checksOf(secrets, inventoryWith(local), 'b'), 'secrets.known');
  it.each([
    [{}, held({ GRAFANA_PASSWORD: 'g' }), 'ok'],
    [{ GRAFANA_PASSWORD: 'g' }, '', 'ok'],
    // What the kit can make up is never missing.
    [
      {},
      held({ REGISTRY_PASSWORD: 'r' }),
      'secret-missing: GRAFANA_PASSWORD: neither in inventory/prod.env nor on the host',
    ],
    [{ GRAFANA_PASSWORD: '' }, '', 'secret-missing: GRAFANA_PASSWORD: neither in inventory/prod.env nor on the host'],
  ])('here %j, on the host %j: %s', (local, host, verdict) => expect(said(judge(check(local), host))).toBe(verdict));
});

describe.runIf(process.getuid?.() === 0)('a change here', () => {
  const folder = temporaryFolder();
  let stores = 0;
  /** A store of its own in place of the one under /etc. */
  const place = (): { dir: string; path: string; at: (script: string) => string } => {
    stores += 1;
    const dir = join(folder, String(stores));
    mkdirSync(dir);
    const path = join(dir, 'secrets.env');
    return { dir, path, at: (script) => script.replaceAll(STORE, path) };
  };
  const NASTY = `a b'c"d$e\`f\\g=h#i%j`;

  const bring = async (local: Record<string, string>, spot: ReturnType<typeof place>): Promise<string> => {
    const inventory = inventoryWith(local);
    const wanted = storeOf(inventory);
    const kind = kindOf(wanted);
    const ask = async (): Promise<string> => {
      const { answers } = await runPieces([{ id: 'probe', script: spot.at(listStore), timeoutSeconds: 5 }]);
      return answers.get('probe')?.output ?? '';
    };
    const prepared = (await kind.prepare?.(wanted.args, { inventory } as Controller)) ?? {};
    const script = `set -e\n${spot.at(kind.apply(wanted.args, readAll(await ask(), wanted)[0], FACTS, prepared))}`;
    const { answers } = await runPieces([{ id: 'apply', script, timeoutSeconds: 5, must: true }]);
    expect(answers.get('apply')).toEqual({ id: 'apply', status: 0, output: '' });
    return oneLine(decideFrom(wanted, await ask()));
  };
  const heldIn = (path: string, name: string): string | undefined =>
    readFileSync(path, 'utf8')
      .split('\n')
      .find((line) => line.startsWith(`${name}=`))
      ?.slice(name.length + 1);

  it('stores what is given, makes up the rest, for root alone', async () => {
    const spot = place();
    expect(await bring({ GRAFANA_PASSWORD: NASTY }, spot)).toBe('ok');
    expect(heldIn(spot.path, 'GRAFANA_PASSWORD')).toBe(NASTY);
    expect(heldIn(spot.path, 'REGISTRY_PASSWORD')).toMatch(/^[\w-]{43}$/);
    expect(statSync(spot.path).mode & 0o777).toBe(0o600);
    expect(readdirSync(spot.dir)).toEqual(['secrets.env']);
  });

  it('keeps what it made up, and what it does not know', async () => {
    const spot = place();
    await bring({ GRAFANA_PASSWORD: 'one' }, spot);
    writeFileSync(spot.path, `THEIRS=x\n${readFileSync(spot.path, 'utf8')}`, { mode: 0o600 });
    const made = heldIn(spot.path, 'REGISTRY_PASSWORD');
    expect(await bring({ GRAFANA_PASSWORD: 'two' }, spot)).toBe('ok');
    expect(heldIn(spot.path, 'GRAFANA_PASSWORD')).toBe('two');
    expect(heldIn(spot.path, 'REGISTRY_PASSWORD')).toBe(made);
    expect(heldIn(spot.path, 'THEIRS')).toBe('x');
  });

  it('closes a file that others can read', async () => {
    const spot = place();
    await bring({ GRAFANA_PASSWORD: 'one' }, spot);
    chmodSync(spot.path, 0o644);
    expect(await bring({ GRAFANA_PASSWORD: 'one' }, spot)).toBe('ok');
    expect(statSync(spot.path).mode & 0o777).toBe(0o600);
  });

  it('a host tells digests, and never a value', async () => {
    const spot = place();
    await bring({ GRAFANA_PASSWORD: NASTY }, spot);
    const { answers } = await runPieces([{ id: 'probe', script: spot.at(listStore), timeoutSeconds: 5 }]);
    const output = answers.get('probe')?.output ?? '';
    expect(output).not.toContain(NASTY);
    expect(readStore(output).digests.get('GRAFANA_PASSWORD')).toBe(secretDigest('GRAFANA_PASSWORD', NASTY));
  });
});

describe("the registry's password file", () => {
  const wanted = password({ path: '/etc/docker/registry/htpasswd' });
  it.each([
    ['', '? secrets'],
    ['aaaa\n', '+ create'],
    ['aaaa\naaaa\n', 'ok'],
    ['bbbb\naaaa\n', '~ the secret changed'],
  ])('%j: %s', (output, decision) => expect(oneLine(decideFrom(wanted, output))).toBe(decision));

  it('the value is in no argument on the host: htpasswd reads it', () => {
    const script = kindOf(wanted).apply(wanted.args, undefined, FACTS, {});
    expect(script).toMatch(/\| htpasswd -i -B /);
  });
});
