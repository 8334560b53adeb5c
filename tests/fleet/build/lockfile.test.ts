import { describe, expect, it } from 'vitest';
import { closureOf, type LockPackages } from '#fleet/build/lockfile.ts';

const packages: LockPackages = {
  '': { version: '0.1.0', dependencies: { zx: '8' } },
  'apps/a': { version: '1', dependencies: { '@odin/b': '1', ws: '8' } },
  'apps/b': { version: '1', dependencies: { kafkajs: '2', '@odin/a': '1' } },
  'node_modules/@odin/a': { resolved: 'apps/a', link: true },
  'node_modules/@odin/b': { resolved: 'apps/b', link: true },
  'node_modules/ws': {
    version: '8.23.0',
    integrity: 'sha512-ws',
    peerDependencies: { bufferutil: '4' },
    peerDependenciesMeta: { bufferutil: { optional: true } },
  },
  'node_modules/kafkajs': { version: '2.2.4', integrity: 'sha512-k', dependencies: { deep: '1' } },
  'node_modules/kafkajs/node_modules/deep': { version: '1.0.0', integrity: 'sha512-d1' },
  'node_modules/deep': { version: '2.0.0', integrity: 'sha512-d2' },
  'node_modules/zx': { version: '8.8.5', integrity: 'sha512-zx' },
};

it('follows workspaces and packages, in circles too, and takes the nearest version', () => {
  expect(closureOf(packages, 'apps/a')).toEqual({
    workspaces: ['apps/a', 'apps/b'],
    packages: [
      'node_modules/kafkajs/node_modules/deep@1.0.0 sha512-d1',
      'node_modules/kafkajs@2.2.4 sha512-k',
      'node_modules/ws@8.23.0 sha512-ws',
    ],
  });
});

describe('what changes it', () => {
  const table: [string, string, boolean][] = [
    ['a package that the app uses', 'node_modules/ws', true],
    ['a package of a package', 'node_modules/kafkajs/node_modules/deep', true],
    ['a package that only the kit uses', 'node_modules/zx', false],
    ['another version of the same name, elsewhere', 'node_modules/deep', false],
  ];
  it.each(table)('%s', (_, path, changes) => {
    const other = { ...packages, [path]: { ...packages[path], version: '9.9.9' } };
    const same = JSON.stringify(closureOf(other, 'apps/a')) === JSON.stringify(closureOf(packages, 'apps/a'));
    expect(!same).toBe(changes);
  });
});

it('says when the lock file is behind', () => {
  expect(() => closureOf(packages, 'apps/c')).toThrow('apps/c is not in package-lock.json');
  const behind = { ...packages, 'apps/a': { dependencies: { fresh: '1' } } };
  expect(() => closureOf(behind, 'apps/a')).toThrow('apps/a needs fresh, which is not in package-lock.json');
});
