/**
 * Apache Kafka as its jars from Maven Central, pinned by sha256 in the broker's lock file and kept outside the checkout,
 * so that a second clone starts warm. No Maven is needed.
 */

import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';

const LOCK = new URL('../../roles/broker/image/jars.lock', import.meta.url);
const MAVEN_CENTRAL = 'https://repo.maven.apache.org/maven2';
const PARALLEL = 8;
const DOWNLOAD_TIMEOUT_MS = 120_000;
const ATTEMPTS = 3;

export interface Jar {
  readonly sha256: string;
  /** Below the repository: `org/apache/kafka/kafka_2.13/4.3.1/kafka_2.13-4.3.1.jar`. */
  readonly path: string;
}

export class JarError extends Error {
  override readonly name = 'JarError';
}

/** Lines of `<sha256>  <path>`; `#` begins a comment. */
export function parseLock(text: string): Jar[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
    .map((line) => {
      const [sha256 = '', path = ''] = line.trim().split(/\s+/);
      if (!/^[0-9a-f]{64}$/.test(sha256) || !path.endsWith('.jar')) throw new JarError(`jars.lock: bad line "${line}"`);
      return { sha256, path };
    });
}

export function kafkaCache(env: NodeJS.ProcessEnv = process.env): string {
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'odin-deploy', 'kafka-4.3.1');
}

/**
 * Makes the folder of jars complete and returns it. What is there and has the right sum is kept; a jar appears only
 * whole, so two processes may do this at once. ODIN_MAVEN_URL overrides Maven Central. Throws JarError.
 */
export async function kafkaJars(env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const libs = join(kafkaCache(env), 'libs');
  const repository = env.ODIN_MAVEN_URL || MAVEN_CENTRAL;
  await mkdir(libs, { recursive: true });
  const jars = parseLock(await readFile(LOCK, 'utf8'));
  const queue = [...jars];
  const worker = async () => {
    for (let jar = queue.shift(); jar; jar = queue.shift()) await ensure(jar, libs, repository);
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
  return libs;
}

async function ensure(jar: Jar, libs: string, repository: string): Promise<void> {
  const target = join(libs, basename(jar.path));
  const present = await readFile(target).catch(() => undefined);
  if (present && sum(present) === jar.sha256) return;
  const bytes = await download(`${repository}/${jar.path}`);
  if (sum(bytes) !== jar.sha256) throw new JarError(`${jar.path}: sha256 ${sum(bytes)}, the lock says ${jar.sha256}`);
  const partial = `${target}.${randomUUID()}`;
  try {
    await writeFile(partial, bytes);
    await rename(partial, target);
  } finally {
    await rm(partial, { force: true });
  }
}

async function download(url: string): Promise<Buffer> {
  let last: unknown;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(DOWNLOAD_TIMEOUT_MS) });
      if (response.ok) return Buffer.from(await response.arrayBuffer());
      last = new Error(`HTTP ${response.status}`);
      if (response.status < 500) break;
    } catch (error) {
      last = error;
    }
  }
  throw new JarError(`${url}: ${(last as Error).message}`, { cause: last });
}

function sum(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
