import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { install, missingTools, type Tool } from '#engine/local/apt.ts';
import { attempt, run } from '#engine/local/command.ts';
import { cacheFolder } from '#engine/local/folders.ts';
import type { Reporter } from '#engine/report/reporter.ts';

/** Versions that work together, on Python 3.11 and later here and on the hosts. */
const PACKAGES = ['ansible-core==2.19.14', 'mitogen==0.3.54', 'pyinfra==3.10.0'];
/** Of the large package only one collection is wanted: the module for kernel settings is not in the core. */
const COLLECTIONS = 'ansible==12.3.0';
const COLLECTION = 'ansible_collections/ansible/posix/';

const PYTHON: Tool = { program: 'python3', package: 'python3', why: 'runs the tools that are compared' };
const DEADLINE_MS = 600_000;

/** The tools that the kit is compared with. */
export interface Competitors {
  /** A program of the virtual environment. */
  program(name: string): string;
  /** Where Mitogen's strategies for Ansible lie. */
  strategies: string;
}

const UNPACK = `
import glob, sys, zipfile
wheel, site = glob.glob(sys.argv[1] + '/*.whl')[0], sys.argv[2]
with zipfile.ZipFile(wheel) as archive:
    archive.extractall(site, [name for name in archive.namelist() if name.startswith(sys.argv[3])])
`;

/** Installs the tools from PyPI into a virtual environment of the cache, once. */
export async function prepareCompetitors(report: Reporter): Promise<Competitors> {
  const folder = cacheFolder('bench', [...PACKAGES, COLLECTIONS].join(' ').replace(/[^\w.-]+/g, '_'));
  const done = join(folder, 'complete');
  const program = (name: string): string => join(folder, 'bin', name);
  const python = program('python3');
  if (!existsSync(done)) await create(folder, python, report);
  writeFileSync(done, '');
  const site = await run(python, ['-c', 'import sysconfig; print(sysconfig.get_path("purelib"))']);
  return { program, strategies: join(site, 'ansible_mitogen/plugins/strategy') };
}

async function create(folder: string, python: string, report: Reporter): Promise<void> {
  const began = performance.now();
  const missing = await missingTools([PYTHON]);
  if (missing.length > 0) await install([PYTHON.package], report);
  report.step('local', `installing ${PACKAGES.join(', ')} from PyPI`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  // Debian's Python has the module, but not what it needs.
  const made = await attempt('python3', ['-m', 'venv', folder]);
  if (made.status !== 0) {
    await install(['python3-venv'], report);
    await run('python3', ['-m', 'venv', folder]);
  }
  const pip = ['-m', 'pip', '--quiet', '--disable-pip-version-check'];
  await run(python, [...pip, 'install', ...PACKAGES], { deadlineMs: DEADLINE_MS });
  const wheels = join(folder, 'wheels');
  await run(python, [...pip, 'download', '--no-deps', '--dest', wheels, COLLECTIONS], { deadlineMs: DEADLINE_MS });
  const site = await run(python, ['-c', 'import sysconfig; print(sysconfig.get_path("purelib"))']);
  await run(python, ['-c', UNPACK, wheels, site, COLLECTION]);
  rmSync(wheels, { recursive: true });
  report.done('local', 'the tools are installed', performance.now() - began);
}
