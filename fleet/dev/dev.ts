/** Broker, publisher and ws-server on this machine, without containers, restarting when their files change. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TOPICS } from '@odin/events';
import { createAdmin } from '@odin/kafka';
import { KitError } from '../../engine/errors.ts';
import { kafkaCache } from '../build/kafka-jars.ts';
import { type LocalBroker, startBroker } from './broker.ts';

const APPS = fileURLToPath(new URL('../../apps', import.meta.url));

/**
 * Resolves when it was interrupted and everything has ended. Data and state are kept for the next time. `offset` is added
 * to every port. Throws KitError `port-taken`, and `local-command-failed` when Java or the jars are missing.
 */
export async function runDev(say: (line: string) => void, offset = 0): Promise<void> {
  const ports = {
    publisher: 3003 + offset,
    wsServer: 3004 + offset,
    broker: 19_092 + offset,
    controller: 19_093 + offset,
  };
  for (const [name, port] of Object.entries(ports)) {
    if (!(await taken(port))) continue;
    const next = 'npx zx scripts/dev.mjs --offset 10000, or see who listens: ss -ltnp';
    throw new KitError('port-taken', `port ${port} (${name}) is taken`, { next });
  }
  // The broker's address is part of its data: another offset has its own.
  const home = join(dirname(kafkaCache()), offset === 0 ? 'dev' : `dev-${offset}`);
  await mkdir(home, { recursive: true });
  say('starting Kafka (the first time, its jars are downloaded)');
  const at = { client: ports.broker, controller: ports.controller };
  const broker = await startBroker(join(home, 'kafka'), at).catch((error: unknown) => {
    throw new KitError('local-command-failed', error instanceof Error ? error.message : String(error));
  });
  const children: ChildProcess[] = [];
  try {
    await createMissingTopics(broker);
    const shared = { KAFKA_BROKERS: broker.address };
    children.push(
      watch('publisher', {
        ...shared,
        PORT: String(ports.publisher),
        STATE_DIR: join(home, 'publisher'),
        PUBLISHER_RATE: '50',
        PUBLISHER_TOKENS: 'BTC,ETH,SOL',
      }),
      watch('ws-server', {
        ...shared,
        PORT: String(ports.wsServer),
        INSTANCE: 'dev',
        // One process: it is gone and back sooner when a file changes.
        WS_WORKERS: '0',
        WS_ADMIN_SOCKET: join(home, 'ws.sock'),
      }),
    );
    say(`live page   http://localhost:${ports.wsServer}/`);
    say(`feed        ws://localhost:${ports.wsServer}/ws?token=BTC`);
    say(`publisher   http://localhost:${ports.publisher}/status`);
    say(`broker      ${broker.address}   data in ${home}`);
    say('Ctrl-C stops everything');
    await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
    say('stopping');
  } finally {
    await Promise.all(children.map(end));
    await broker.stop();
  }
}

function watch(app: string, env: Record<string, string>): ChildProcess {
  const main = join(APPS, app, 'main.ts');
  // The whole folder, not only what is imported: the live page is read as files.
  return spawn(process.execPath, ['--watch', `--watch-path=${APPS}`, '--watch-preserve-output', main], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  await exit;
}

async function createMissingTopics(broker: LocalBroker): Promise<void> {
  const admin = await createAdmin({ brokers: [broker.address], clientId: 'odin-dev' });
  try {
    const existing = (await admin.describeTopics()).map(({ name }) => name);
    const missing = TOPICS.filter(({ name }) => !existing.includes(name)).map(({ name, partitions, retentionMs }) => ({
      name,
      partitions,
      replication: 1,
      configs: { 'retention.ms': String(retentionMs) },
    }));
    if (missing.length > 0) await admin.createTopics(missing);
  } finally {
    await admin.close();
  }
}

async function taken(port: number): Promise<boolean> {
  const socket = connect({ port, host: '127.0.0.1' });
  const answered = await once(socket, 'connect').then(
    () => true,
    () => false,
  );
  socket.destroy();
  return answered;
}
