/** The Java that runs a broker outside a container. */

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const LEAST_JAVA = 17;

export class JavaError extends Error {
  override readonly name = 'JavaError';
}

/** Resolves with the major version of `java` on PATH; throws JavaError when it is missing or too old. */
export async function requireJava(): Promise<number> {
  const install = 'apt-get install -y default-jre-headless';
  const { stderr } = await promisify(execFile)('java', ['-version']).catch(() => {
    throw new JavaError(`java is not on PATH; Kafka needs Java ${LEAST_JAVA} or later: ${install}`);
  });
  const major = Number(/version "(\d+)/.exec(stderr)?.[1]);
  if (!(major >= LEAST_JAVA)) {
    throw new JavaError(`java on PATH is ${stderr.split('\n')[0]}; Kafka needs ${LEAST_JAVA} or later: ${install}`);
  }
  return major;
}
