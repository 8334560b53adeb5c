import type { ControllerCheck, Verdict } from '#engine/check.ts';
import type { Host } from '#engine/inventory/inventory.ts';
import type { Controller } from '#engine/resource.ts';
import { targetsOf } from './config.ts';

/** A target that was just deployed is scraped within this: a few intervals. */
const UP_MS = 30_000;
const LOOK_MS = 500;
const ASK_MS = 5_000;

interface Target {
  scrapeUrl: string;
  health: 'up' | 'down' | 'unknown';
  lastError: string;
}

/** Asks Prometheus what it scrapes. */
async function activeTargets(port: number): Promise<Target[]> {
  const answer = await fetch(`http://127.0.0.1:${port}/api/v1/targets?state=active`, {
    signal: AbortSignal.timeout(ASK_MS),
  });
  return ((await answer.json()) as { data: { activeTargets: Target[] } }).data.activeTargets;
}

async function run(host: Host, controller: Controller, port: number): Promise<Verdict> {
  const expected = targetsOf(controller.inventory).length;
  const near = await controller.tunnel(host.name, '127.0.0.1', port);
  const deadline = Date.now() + UP_MS;
  const { env } = controller.inventory;
  for (;;) {
    let seen = '';
    try {
      const targets = await activeTargets(near);
      const down = targets.filter(({ health }) => health !== 'up');
      if (targets.length === expected && down.length === 0) return { ok: true, note: `${expected} up` };
      seen = [
        `${targets.length} of ${expected} targets known`,
        ...down.map(({ scrapeUrl, health, lastError }) => `${scrapeUrl}  ${health}  ${lastError}`),
      ].join('\n');
    } catch (cause) {
      seen = cause instanceof Error ? `${cause.message} ${cause.cause ?? ''}` : String(cause);
    }
    if (Date.now() >= deadline) {
      return {
        ok: false,
        message: `not every target is up after ${UP_MS / 1000} s`,
        lastLines: seen,
        next: `make logs ENV=${env} LIMIT=${host.name} SERVICE=odin-prometheus`,
      };
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

/** Every target is up: what cannot be scraped cannot be seen at three in the morning. */
export function targetsUp(port: number): ControllerCheck {
  return {
    where: 'controller',
    id: 'metrics.targets',
    title: 'Prometheus scrapes every target',
    severity: 'critical',
    phases: ['gate', 'verify'],
    run: (host, controller) => run(host, controller, port),
  };
}
