import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { complaints, launch } from '../support/browser.ts';
import { until } from '../support/wait.ts';
import { type FeedListener, listen } from './support/feed.ts';

/** The port of this machine that leads to the load balancer, see inventory/e2e.yml. */
const PAGE = 'http://localhost:13004/';
const FEED = 'ws://localhost:13004/ws';

/** The server pings every 25 s; what cuts silent clients does so after 30 to 60 s. */
const SILENT_MS = 60_000;
/** Three tokens share 50 events/s: no second of one of them is empty for long. */
const LONGEST_PAUSE_MS = 5_000;

/** Stays open while the page is looked at. */
let silent: FeedListener;
let silentSince = 0;
let longestPause = 0;

beforeAll(async () => {
  silent = await listen(`${FEED}?token=BTC`);
  silentSince = Date.now();
  let seen = 0;
  let at = silentSince;
  const timer = setInterval(() => {
    const now = Date.now();
    longestPause = Math.max(longestPause, now - at);
    if (silent.events.length === seen) return;
    seen = silent.events.length;
    at = now;
  }, 100);
  return () => {
    clearInterval(timer);
    silent.close();
  };
});

describe('the live page through the load balancer', () => {
  const pictures = mkdtempSync(join(tmpdir(), 'odin-page-'));
  let browser: Browser;
  let page: Page;
  let wrong: string[];

  /** `partition:offset` of the rows that the page shows, newest first. */
  const rows = (): Promise<string[]> => page.locator('#trades td.at').allTextContents();
  const shows = (text: string, selector: string): Promise<string> =>
    until(
      `${selector} shows ${text}`,
      async () => ((await page.locator(selector).textContent()) === text ? text : undefined),
      { ms: 15_000 },
    );

  /** The page shows trades, and each of its rows is a trade of this token that a plain client got too. */
  async function showsTradesOf(token: string, witness: FeedListener): Promise<void> {
    await shows(token, '#token');
    await page.waitForSelector('#state[data-state=open]', { timeout: 15_000 });
    const shown = await until(
      `five trades of ${token}`,
      async () => {
        const now = await rows();
        return now.length >= 5 ? now : undefined;
      },
      { ms: 30_000, seen: () => wrong },
    );
    await until(
      'the plain client has them too',
      () => {
        const known = new Set(
          witness.events
            .filter(({ channel }) => channel === `${token}.trade`)
            .map(({ partition, offset }) => `${partition}:${offset}`),
        );
        return shown.every((row) => known.has(row));
      },
      { ms: 5_000, seen: () => ({ shown, events: witness.events.length }) },
    );
    expect(Number((await page.locator('#price').textContent())?.replace(/[^\d.]/g, ''))).toBeGreaterThan(0);
    await until('a rate', async () => Number(await page.locator('#rate').textContent()) > 0, { ms: 5_000 });
  }

  beforeAll(async () => {
    browser = await launch();
    page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    wrong = complaints(page);
  });
  afterAll(() => browser.close());

  test('shows the trades of BTC, and of another token when it is chosen', async () => {
    const witness = await listen(`${FEED}?token=ETH`);
    try {
      await page.goto(PAGE);
      await showsTradesOf('BTC', silent);
      await page.screenshot({ path: join(pictures, 'desktop.png') });
      await page.getByRole('button', { name: 'ETH' }).click();
      await showsTradesOf('ETH', witness);
      expect(page.url()).toBe(`${PAGE}?token=ETH`);
    } finally {
      witness.close();
    }
  });

  test('fits a phone', async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto(`${PAGE}?token=BTC`);
    await showsTradesOf('BTC', silent);
    await page.screenshot({ path: join(pictures, 'phone.png') });
    const overflow = await page.evaluate('document.scrollingElement.scrollWidth - innerWidth');
    expect(overflow).toBeLessThanOrEqual(0);
    console.log(`pictures of the page: ${pictures}`);
  });

  test('the page complains of nothing', () => expect(wrong).toEqual([]));
});

test('a client that only said ?token=BTC is served for a minute without sending a byte', async () => {
  await until('a minute', () => silent.closed() !== undefined || Date.now() - silentSince >= SILENT_MS, {
    ms: SILENT_MS + 5_000,
    seen: () => silent.events.length,
  });
  expect(silent.closed()).toBeUndefined();
  expect(silent.messages.filter(({ type }) => type === 'error' || type === 'gap')).toEqual([]);
  expect(new Set(silent.events.map(({ token }) => token))).toEqual(new Set(['BTC']));
  expect(longestPause).toBeLessThan(LONGEST_PAUSE_MS);
  console.log(`${silent.events.length} events of BTC in a minute; longest pause ${longestPause} ms`);
});
