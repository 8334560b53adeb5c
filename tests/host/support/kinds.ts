/** Kinds of the tests' own: places where a run can be held, and an image without a registry. */

import { type HostKind, OK, resourceOf } from '#engine/resource.ts';
import { quote, words } from '#engine/shell.ts';

/** On a host: which places are armed, which were reached, which were passed. */
export const PLACES = '/run/odin-test';

/** Shell that waits at a place for as long as it is armed. Not for ever: a test that failed lets go of the host. */
export const HOLD = `hold() { [ -e ${PLACES}/armed-"$1" ] || return 0
: >${PLACES}/at-"$1"; n=0
while [ -e ${PLACES}/armed-"$1" ]; do sleep 0.05; n=$((n + 1)); [ "$n" -lt 1200 ] || return 1; done; }`;

export interface GateArgs {
  name: string;
}

/** A step between two others: the run goes on when the gate is not armed, and waits there when it is. */
const gateKind: HostKind<GateArgs, boolean> = {
  where: 'host',
  name: 'gate',
  probe: (all) =>
    `cd ${PLACES} 2>/dev/null && ls -d ${words(...all.map(({ name }) => `passed-${name}`))} 2>/dev/null; exit 0`,
  read(output, all) {
    const passed = new Set(output.split('\n'));
    return all.map(({ name }) => passed.has(`passed-${name}`));
  },
  decide: (_, passed) => (passed ? OK : { state: 'change', action: '+', summary: 'pass' }),
  apply: ({ name }) => `mkdir -p ${PLACES}\n${HOLD}\nhold ${quote(name)}\n: >${PLACES}/passed-${quote(name)}`,
};

export const gate = resourceOf(gateKind, ({ name }) => name);

export interface ControllerGateArgs {
  name: string;
  /** What the controller does to itself when it comes there. */
  signal: 'SIGSTOP';
}

/** A place on the controller's side: before its execution, while nothing runs on the host. */
const controllerGateKind: HostKind<ControllerGateArgs, boolean> = {
  where: 'host',
  name: 'controller.gate',
  // Unknown until something else was done: it begins a wave of its own.
  probe: () =>
    `[ -e ${PLACES}/first-wave ] || exit 0; echo reachable; [ -e ${PLACES}/passed-here ] && echo passed; exit 0`,
  read: (output, all) =>
    all.map(() => (output.includes('reachable') ? output.includes('passed') : { unavailable: 'the first wave' })),
  decide: (_, passed) => (passed ? OK : { state: 'change', action: '+', summary: 'stop here' }),
  async prepare({ signal }, { report }) {
    report.done('local', 'stopped here');
    // Once it is printed.
    await new Promise((resolve) => setTimeout(resolve, 100));
    process.kill(process.pid, signal);
    await new Promise((resolve) => setTimeout(resolve, 100));
    return {};
  },
  apply: () => `: >${PLACES}/passed-here`,
};

export const controllerGate = resourceOf(controllerGateKind, ({ name }) => name);

export interface ImportedArgs {
  reference: string;
  /** A static program of the host that becomes the whole image. */
  program: string;
}

/** An image made on the host from one of its own programs. */
const importedKind: HostKind<ImportedArgs, boolean> = {
  where: 'host',
  name: 'imported.image',
  probe: (all) =>
    `command -v docker >/dev/null || exit 3\ndocker image inspect --format '{{join .RepoTags " "}}' ${words(...all.map(({ reference }) => reference))} 2>/dev/null\ndocker info --format ok >/dev/null 2>&1 && echo %up`,
  read(output, all) {
    const tags = new Set(output.split(/\s+/));
    return all.map(({ reference }) => (tags.has('%up') ? tags.has(reference) : { unavailable: 'docker' }));
  },
  decide: (_, present) => (present ? OK : { state: 'change', action: '+', summary: 'import' }),
  apply: ({ reference, program }) => `tar -C / -c ${quote(program)} | docker import - ${quote(reference)} >/dev/null`,
};

export const imported = resourceOf(importedKind, ({ reference }) => reference);
