import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { install, missingTools, type Tool } from '#engine/local/apt.ts';
import type { Reporter } from '#engine/report/reporter.ts';

/** What tests use beyond what the kit itself installs. */
const TOOLS: readonly Tool[] = [
  { program: 'java', package: 'default-jre-headless', why: 'runs the broker of the tests' },
  { program: 'chromium', package: 'chromium', why: 'opens the live page' },
  { program: 'pip3', package: 'python3-pip', why: 'brings a WebSocket client that is not ours' },
];

const PROJECTS = ['unit', 'local', 'kafka', 'e2e'];
/** The matrices of the engine on real hosts, with `make test-all` (RUNS says how many hosts are generated). */
const LONG = ['engine'];

interface Summary {
  numPassedTests: number;
  numFailedTests: number;
  numFailedTestSuites: number;
  numPendingTests: number;
}

/** Runs vitest on one project and reads its own count. A suite that fails to load counts as a failure. */
async function runProject(project: string, folder: string): Promise<Summary> {
  const output = join(folder, `${project}.json`);
  const child = spawn(
    'vitest',
    ['run', '--project', project, '--reporter=default', '--reporter=json', `--outputFile.json=${output}`],
    { stdio: 'inherit' },
  );
  const code = await new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (status) => resolve(status ?? 1));
  });
  const summary = JSON.parse(readFileSync(output, 'utf8')) as Summary;
  if (code !== 0 && summary.numFailedTests === 0) summary.numFailedTests = Math.max(1, summary.numFailedTestSuites);
  return summary;
}

/** Runs the projects one after the other and closes with one line: `N passed, N failed`. Returns the exit code. */
export async function runTests(projects: readonly string[], report: Reporter): Promise<number> {
  const missing = await missingTools(TOOLS);
  if (missing.length > 0)
    await install(
      missing.map((tool) => tool.package),
      report,
    );
  const folder = mkdtempSync(join(tmpdir(), 'odin-tests-'));
  const total = { passed: 0, failed: 0, skipped: 0 };
  try {
    for (const project of projects.length > 0 ? projects : [...PROJECTS, ...(process.env.RUNS ? LONG : [])]) {
      report.heading(`${project} tests`);
      const summary = await runProject(project, folder);
      total.passed += summary.numPassedTests;
      total.failed += summary.numFailedTests;
      total.skipped += summary.numPendingTests;
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
  report.lines(`\n${total.passed} passed, ${total.failed} failed${skipped}`);
  return total.failed > 0 || total.passed === 0 ? 1 : 0;
}
