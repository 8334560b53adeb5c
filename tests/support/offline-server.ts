/** The real ws-server as a process, with no broker to reach: what it says to clients and over HTTP needs none. */

import { type App, startApp } from './app.ts';

/** Port 1 of loopback refuses every connection at once. */
const NO_BROKER = '127.0.0.1:1';

export function startOfflineServer(env: Record<string, string> = {}): Promise<App> {
  return startApp('ws-server', { KAFKA_BROKERS: NO_BROKER, INSTANCE: 'offline', LOG_LEVEL: 'error', ...env });
}

/** The value of a metric without labels. */
export async function metric(server: App, name: string): Promise<number> {
  const { body } = await server.get('/metrics');
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(String(body.text))?.[1] ?? Number.NaN);
}
