import type { ErrorName } from './errors.ts';
import type { Facts } from './facts.ts';
import type { Host, Inventory } from './inventory/inventory.ts';
import type { Answer } from './program.ts';
import type { Controller } from './resource.ts';

/**
 * When a check is asked: `preflight` before the first change, `verify` by `make verify` and after a deploy, `gate` after
 * a deploy and by `make verify`, once, across hosts.
 */
export type Phase = 'preflight' | 'verify' | 'gate';

/** `code` is the error's name where a failed check has one of its own. */
export type Verdict =
  | { ok: true; note?: string }
  | { ok: false; message: string; lastLines?: string; next?: string; code?: ErrorName };

interface CheckBase {
  /** Stable: `broker.reachable`. */
  id: string;
  /** What is true when it passes, as a sentence without a full stop. */
  title: string;
  severity: 'critical' | 'warning';
  phases: readonly Phase[];
}

/** A check whose probe is shell on its host, compiled into the same program as every other probe. */
export interface HostCheck extends CheckBase {
  where: 'host';
  /** POSIX sh. */
  probe: string;
  timeoutSeconds?: number;
  judge(answer: Answer, facts: Facts): Verdict;
}

/** A check that the controller makes, such as the gate. Its requests are counted apart from executions. */
export interface ControllerCheck extends CheckBase {
  where: 'controller';
  run(host: Host, controller: Controller): Promise<Verdict>;
}

export type Check = HostCheck | ControllerCheck;

/** The outcome of one check on one host. */
export interface Outcome {
  host: string;
  role: string;
  check: Check;
  verdict: Verdict;
}

/** What a role is given to say which checks a host has. */
export interface CheckContext<Vars> {
  host: Host;
  inventory: Inventory;
  vars: Vars;
}
