import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KitError } from '#engine/errors.ts';
import { docker, dockerRows } from '#engine/local/docker.ts';
import { containerName } from '#providers/sandbox/names.ts';
import { launch } from '../tests/support/browser.ts';
import { atMost, type Bench, median } from './bench.ts';

const ENV = 'bench';
const PORT = 23_004;
const NO_OPS = 5;
const HOSTS = ['backend-1', 'ws-1', 'ws-2', 'lb-1'];
const TRADE_MS = 60_000;
const MIB = 1024 ** 2;

const INVENTORY = `provider: sandbox
network: { internal: 10.77.0.0/16, management: [10.77.0.0/16] }
hosts:
  backend-1: { groups: [backend] }
  ws-1: { groups: [ws] }
  ws-2: { groups: [ws] }
  lb-1: { groups: [lb] }
sandbox: { publish: { lb-1: ["127.0.0.1:${PORT}:3004"] } }
images: { from: auto }
vars: { publisher: { rate: 50, tokens: [BTC, ETH, SOL] } }
`;

/** Runs one of the kit's scripts as a person would, and returns its seconds. Throws with what it printed. */
async function script(name: string, env: NodeJS.ProcessEnv, ...flags: string[]): Promise<number> {
  const began = performance.now();
  const child = spawn('zx', [`scripts/${name}.mjs`, '--env', ENV, ...flags], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  const status = await new Promise<number | null>((resolve) => child.on('close', resolve));
  if (status !== 0) throw new KitError('internal', `scripts/${name}.mjs ended with ${status}`, { lastLines: output });
  return (performance.now() - began) / 1000;
}

/** Seconds until the live page, opened in a browser, shows its first trade. */
async function firstTrade(): Promise<number> {
  const began = performance.now();
  const browser = await launch();
  try {
    const page = await browser.newPage();
    await page.goto(`http://localhost:${PORT}/`);
    await page.locator('table tbody tr').first().waitFor({ timeout: TRADE_MS });
    return (performance.now() - began) / 1000;
  } finally {
    await browser.close();
  }
}

/** MiB that the four hosts use now, as `docker stats` counts it: without reclaimable file cache. */
async function memory(): Promise<number> {
  const units: Record<string, number> = { B: 1 / MIB, KiB: 1 / 1024, MiB: 1, GiB: 1024 };
  const rows = await docker([
    'stats',
    '--no-stream',
    '--format',
    '{{.MemUsage}}',
    ...HOSTS.map((host) => containerName(ENV, host)),
  ]);
  return rows
    .trim()
    .split('\n')
    .reduce((sum, row) => {
      const [, value = '0', unit = 'B'] = /^([\d.]+)(\w+)/.exec(row) ?? [];
      return sum + Number(value) * (units[unit] ?? 0);
    }, 0);
}

/** Removes the images that the kit built on this machine, so that the next run builds them. */
async function forgetImages(): Promise<void> {
  const rows = await dockerRows(['images', '--format', '{{.Repository}}:{{.Tag}}']);
  const ours = rows.flat().filter((tag) => tag.startsWith('odin/'));
  if (ours.length > 0) await docker(['rmi', '--force', ...ours]);
}

/**
 * From nothing to data in the browser, with empty and with warm caches; a deploy that changes nothing; memory.
 * "Cold" means: no cache of the kit, none of its images. Packages of this machine that are installed already (Docker,
 * debootstrap) are not taken away, so their installation is not in the figure.
 */
export const bench: Bench = async (report) => {
  const scratch = mkdtempSync(join(tmpdir(), 'odin-bench-'));
  writeFileSync(join(scratch, `${ENV}.yml`), INVENTORY);
  const env = { ...process.env, ODIN_INVENTORY: scratch, XDG_CACHE_HOME: join(scratch, 'cache') };
  try {
    await script('sandbox-down', env);
    await forgetImages();
    report.step('local', 'with empty caches');
    const cold = (await script('sandbox', env)) + (await firstTrade());
    report.done('local', `data in the browser after ${cold.toFixed(1)} s`);
    await script('sandbox-down', env);
    report.step('local', 'with warm caches');
    const warm = (await script('sandbox', env)) + (await firstTrade());
    report.done('local', `data in the browser after ${warm.toFixed(1)} s`);
    const noOps: number[] = [];
    for (let i = 0; i < NO_OPS; i += 1) noOps.push(await script('deploy', env));
    report.done('local', `deploys that change nothing: ${noOps.map((value) => value.toFixed(2)).join(', ')} s`);
    const again = await script('sandbox', env);
    const used = await memory();
    return [
      atMost('empty caches to data in the browser', cold, 480, 's'),
      atMost('warm caches to data in the browser', warm, 180, 's'),
      atMost('deploy of four hosts that changes nothing, median', median(noOps), 5, 's'),
      atMost('second make sandbox', again, 5, 's'),
      atMost('memory of the four hosts', used, 3072, 'MiB'),
    ];
  } finally {
    await script('sandbox-down', env);
    rmSync(scratch, { recursive: true, force: true });
  }
};
