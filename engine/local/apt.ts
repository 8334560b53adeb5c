import type { Reporter } from '../report/reporter.ts';
import { attempt, CommandError } from './command.ts';

/** A program that local work needs, and the Debian or Ubuntu package that brings it. */
export interface Tool {
  program: string;
  package: string;
  /** The package that brings the program where the first one was installed and did not. */
  otherwise?: string;
  why: string;
}

const INSTALL_DEADLINE_MS = 600_000;

/** Seconds that apt waits for another apt on this machine. */
const LOCK_TIMEOUT_S = 120;

/** The tools that this machine does not have. */
export async function missingTools(tools: readonly Tool[]): Promise<Tool[]> {
  const found = await Promise.all(tools.map((tool) => hasProgram(tool.program)));
  return tools.filter((_, index) => !found[index]);
}

export async function hasProgram(program: string): Promise<boolean> {
  const { status } = await attempt('sh', ['-c', 'command -v -- "$1"', 'sh', program]);
  return status === 0;
}

/** Installs packages with apt-get. Services that a package brings are not started: what must run is started by name. */
export async function install(packages: readonly string[], report: Reporter): Promise<void> {
  const started = performance.now();
  report.step('local', `installing ${packages.join(', ')} with apt-get`);
  const apt = ['-q', '-y', '-o', `DPkg::Lock::Timeout=${LOCK_TIMEOUT_S}`];
  const args = [...apt, 'install', '--no-install-recommends', ...packages];
  await aptGet([...apt, 'update'], report);
  await aptGet(args, report);
  report.done('local', `installed ${packages.join(', ')}`, performance.now() - started);
}

async function aptGet(args: readonly string[], report: Reporter): Promise<void> {
  // Through env(1), because sudo drops the environment.
  const argv = ['DEBIAN_FRONTEND=noninteractive', 'apt-get', ...args];
  const onLine = (line: string): void => report.verbose('local', line);
  const result = await attempt('env', argv, { root: true, deadlineMs: INSTALL_DEADLINE_MS, onLine });
  if (result.status !== 0) throw new CommandError(`apt-get ${args.join(' ')}`, result);
}
