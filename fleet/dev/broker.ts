/** A real Kafka broker on this machine's loopback, for work on the apps and for their tests. */

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { access, mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { createAdmin } from '@odin/kafka';
import { requireJava } from '../build/java.ts';
import { kafkaCache, kafkaJars } from '../build/kafka-jars.ts';
import { type BrokerPorts, brokerProperties, LOG4J2 } from './broker-properties.ts';

const CLUSTER_ID = 'b2Rpbi1kZXYtY2x1c3RlcQ';
const READY_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 10_000;
const POLL_MS = 100;
/** The quickest start of those measured: no optimising compiler, one collector thread, classes from an archive. */
const JVM = ['-Xmx256m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xshare:auto'];

export interface LocalBroker {
  /** `127.0.0.1:port`. */
  readonly address: string;
  readonly pid: number;
  /** Ends it the hard way; the data stays. */
  kill(): Promise<void>;
  /** Starts it again on the same port with the same data. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export class BrokerError extends Error {
  override readonly name = 'BrokerError';
}

/** `dir` holds data, configuration and log; `ports` are free ones when absent. Resolves once the broker serves. */
export async function startBroker(dir: string, ports?: BrokerPorts): Promise<LocalBroker> {
  const java = await requireJava();
  const libs = await kafkaJars();
  const classPath = (await readdir(libs))
    .filter((name) => name.endsWith('.jar'))
    .sort()
    .map((name) => join(libs, name))
    .join(':');
  const at = ports ?? { client: await freePort(), controller: await freePort() };
  const data = join(dir, 'data');
  const properties = join(dir, 'server.properties');
  const log = join(dir, 'broker.log');
  await mkdir(data, { recursive: true });
  await writeFile(properties, brokerProperties(at, data));
  await writeFile(join(dir, 'log4j2.yaml'), LOG4J2);
  const formatted = await access(join(data, 'meta.properties')).then(
    () => true,
    () => false,
  );
  if (!formatted) {
    const format = ['kafka.tools.StorageTool', 'format', '-t', CLUSTER_ID, '-c', properties];
    await promisify(execFile)('java', [...JVM, '-cp', classPath, ...format]);
  }
  const archive = join(kafkaCache(), `classes-${java}.jsa`);
  const address = `127.0.0.1:${at.client}`;
  let child: ChildProcess;

  const start = async () => {
    const archived = await access(archive).then(
      () => true,
      () => false,
    );
    const partial = `${archive}.${process.pid}`;
    const sharing = archived ? `-XX:SharedArchiveFile=${archive}` : `-XX:ArchiveClassesAtExit=${partial}`;
    const config = `-Dlog4j2.configurationFile=${join(dir, 'log4j2.yaml')}`;
    child = spawn('java', [...JVM, sharing, config, '-cp', classPath, 'kafka.Kafka', properties], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output = createWriteStream(log, { flags: 'a' });
    child.stdout?.pipe(output, { end: false });
    child.stderr?.pipe(output, { end: false });
    child.once('exit', () => {
      output.end();
      // The archive is written at a clean end; it appears only whole.
      if (!archived) void rename(partial, archive).catch(() => undefined);
    });
    await ready(child, address, log);
  };

  const end = async (signal: 'SIGTERM' | 'SIGKILL') => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await exit;
    clearTimeout(timer);
  };

  await start();
  return {
    address,
    get pid() {
      return child.pid ?? 0;
    },
    kill: () => end('SIGKILL'),
    restart: start,
    stop: () => end('SIGTERM'),
  };
}

async function ready(child: ChildProcess, address: string, log: string): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  for (;;) {
    const failed = child.exitCode !== null || child.signalCode !== null ? 'ended' : undefined;
    if (failed || Date.now() > deadline) {
      const lines = (await readFile(log, 'utf8').catch(() => '')).trim().split('\n').slice(-10);
      throw new BrokerError(`the broker ${failed ?? 'did not serve in time'}; its last lines:\n${lines.join('\n')}`);
    }
    try {
      const admin = await createAdmin({ brokers: [address], clientId: 'odin-ready' });
      await admin.clusterId();
      await admin.close();
      return;
    } catch {
      await sleep(POLL_MS);
    }
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new BrokerError('no free port');
  return address.port;
}
