/**
 * Settings from the environment, by one schema a program. An owned variable that no schema names, and a value that
 * cannot be read, are errors: all of them are reported at once, before anything starts.
 */

export type Environment = Record<string, string | undefined>;

export interface Setting<T> {
  readonly env: string;
  readonly about: string;
  /** What stands in for an unset or empty variable; without it the variable is required. */
  readonly fallback?: T;
  /** Throws an Error whose message says what was expected. */
  readonly read: (text: string) => T;
}

export type Schema = Record<string, Setting<unknown>>;
export type Settings<S extends Schema> = { readonly [K in keyof S]: S[K] extends Setting<infer T> ? T : never };

export class SettingsError extends Error {
  override readonly name = 'SettingsError';
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(`the environment is not valid:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}

/** `owned`: prefixes of variables that belong to us, such as `KAFKA_`. Throws SettingsError. */
export function readSettings<S extends Schema>(schema: S, owned: readonly string[], env: Environment): Settings<S> {
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [key, setting] of Object.entries(schema)) {
    const text = env[setting.env]?.trim();
    if (text === undefined || text === '') {
      if (!('fallback' in setting)) problems.push(`${setting.env}: missing (${setting.about})`);
      values[key] = setting.fallback;
      continue;
    }
    try {
      values[key] = setting.read(text);
    } catch (error) {
      problems.push(`${setting.env}: ${JSON.stringify(text)} is not valid: ${(error as Error).message}`);
    }
  }
  const known = Object.values(schema).map((setting) => setting.env);
  for (const name of Object.keys(env)) {
    if (owned.some((prefix) => name.startsWith(prefix)) && !known.includes(name)) {
      problems.push(`${name}: unknown setting (known: ${known.join(', ')})`);
    }
  }
  if (problems.length > 0) throw new SettingsError(problems);
  return Object.freeze(values) as Settings<S>;
}

/** The effective configuration, by variable name, as it is printed by `--print-config`. */
export function printable<S extends Schema>(schema: S, settings: Settings<S>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(schema).map(([key, setting]) => [setting.env, settings[key]]));
}
