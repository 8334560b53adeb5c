/**
 * The table of errors. A name is stable: scripts and people match on it; the exit code says what kind of trouble it is.
 * `docs/errors.md` shows the same table, and a test holds the two together.
 */
export const ERRORS = {
  usage: { exit: 3, means: 'a flag, an argument or a make variable is wrong' },
  'inventory-invalid': { exit: 3, means: 'the inventory file does not describe a valid environment' },
  'inventory-missing': { exit: 3, means: 'there is no inventory file of that name' },
  'unknown-host': { exit: 3, means: '--limit names a host or group that the inventory does not have' },
  'unknown-role': { exit: 3, means: '--tags names a role that the playbook does not have' },
  'secret-missing': { exit: 3, means: 'a secret is neither in the environment file nor on any host' },
  'secret-exposed': { exit: 3, means: 'others on this machine can read the file of secrets' },
  'not-confirmed': { exit: 3, means: 'a change was not confirmed: no terminal and no --yes, or the answer was no' },
  'provider-unavailable': { exit: 3, means: 'the provider of this environment cannot work on this machine' },
  'folder-exposed': { exit: 3, means: 'others on this machine can enter the folder of SSH connections' },
  'port-taken': { exit: 3, means: 'a port of this machine that the environment publishes is held by something else' },
  'host-boot-failed': { exit: 2, means: 'a host of the provider was started but did not come up' },
  'host-key-unknown': { exit: 4, means: 'no host key is pinned for the host' },
  'host-key-changed': { exit: 4, means: 'the host answered with another key than the pinned one' },
  'login-refused': { exit: 4, means: 'the host refused the SSH key' },
  'sudo-refused': { exit: 4, means: 'the login works, but sudo without a password does not' },
  unreachable: { exit: 4, means: 'no SSH connection to the host could be made' },
  'cut-off': { exit: 2, means: 'what ran on a host was cut off: the connection was lost, or its time was up' },
  'probe-failed': { exit: 2, means: 'the state of a host could not be read' },
  'apply-failed': { exit: 2, means: 'a change on a host failed' },
  'verify-failed': { exit: 2, means: 'a change ran, but the host still differs from what was asked' },
  'host-unsupported': { exit: 2, means: 'the host runs a distribution or an architecture that the roles do not know' },
  'local-command-failed': { exit: 2, means: "a command on the operator's machine failed" },
  'local-file-unreadable': { exit: 2, means: "a file of the operator's machine that a host needs cannot be read" },
  'command-failed': { exit: 2, means: 'a command that was run on a host by hand failed' },
  'build-failed': { exit: 2, means: 'an image could not be built or pushed' },
  'foreign-container': { exit: 8, means: 'a container of the same name belongs to somebody else' },
  'kind-change-refused': { exit: 3, means: 'a change of broker kind on a live environment is refused' },
  locked: { exit: 7, means: 'somebody else is changing the host' },
  'plan-stale': { exit: 5, means: 'a host has moved on since the plan was made; nothing was changed' },
  'check-failed': { exit: 8, means: 'a check of verify or of the gate failed' },
  'preflight-failed': { exit: 8, means: 'a check before the first change failed; nothing was changed' },
  internal: { exit: 1, means: 'a fault of this program' },
} as const satisfies Record<string, { exit: number; means: string }>;

export type ErrorName = keyof typeof ERRORS;

/** Where an error happened and what the reader can do about it. Every field is optional; what is known is printed. */
export interface ErrorContext {
  host?: string;
  role?: string;
  resource?: string;
  command?: string;
  exitStatus?: number;
  /** The last lines that the failing command or service printed. */
  lastLines?: string;
  /** The command to type next. */
  next?: string;
}

/** An error with a stable name, an exit code and what its reader needs next. */
export class KitError extends Error {
  readonly code: ErrorName;
  readonly context: ErrorContext;

  constructor(code: ErrorName, message: string, context: ErrorContext = {}) {
    super(message);
    this.name = 'KitError';
    this.code = code;
    this.context = context;
  }

  get exit(): number {
    return ERRORS[this.code].exit;
  }
}

/** What a reader needs of an error, as plain data: an event of the run. */
export interface Failure extends ErrorContext {
  /** The stable name. */
  name: string;
  /** The exit code that goes with it. */
  exit: number;
  message: string;
}

/** Any thrown value as plain data. What is no {@link KitError} is a fault of this program, shown with its stack. */
export function failureOf(error: unknown): Failure {
  if (error instanceof KitError) {
    return { name: error.code, exit: error.exit, message: error.message, ...error.context };
  }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { name: 'internal', exit: ERRORS.internal.exit, message };
}

/** A failure as lines for a person: the sentence first, then where, then the evidence, then what to type. */
export function describeFailure(failure: { [Key in keyof Failure]: Failure[Key] | undefined }): string {
  const { name, message, host, role, resource, command, exitStatus, lastLines, next } = failure;
  const where = [host, role, resource].filter(Boolean).join(' · ');
  const lines = [`${name}: ${where ? `${where}: ` : ''}${message}`];
  if (command) lines.push(`  command: ${command}`);
  if (exitStatus !== undefined) lines.push(`  exit status: ${exitStatus}`);
  if (lastLines?.trim()) {
    const evidence = lastLines.trimEnd().split('\n');
    lines.push('  last lines:', ...evidence.map((line) => `    ${line}`));
  }
  if (next) lines.push(`  next: ${next}`);
  return lines.join('\n');
}

/** {@link describeFailure} of any thrown value. */
export function describeError(error: unknown): string {
  return describeFailure(failureOf(error));
}
