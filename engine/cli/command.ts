import { parseArgs } from 'node:util';
import { describeError, ERRORS, KitError } from '../errors.ts';
import { unknownWord } from '../inventory/problems.ts';
import { lineReporter, type Reporter } from '../report/reporter.ts';

/** A flag of a script. `value` names what it takes; a flag without one is a switch. */
export interface Flag {
  value?: string;
  help: string;
  /** May be given more than once: its value is a list. */
  many?: boolean;
}

/** The flags that every script knows. */
const COMMON = {
  verbose: { help: 'say more' },
  help: { help: 'show this' },
} as const satisfies Record<string, Flag>;

export type Flags = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;

export interface Command {
  /** The script's name, as typed. */
  name: string;
  about: string;
  flags: Readonly<Record<string, Flag>>;
  /** Names of positional arguments, for help; more than these is an error. `…` at the end takes the rest. */
  positionals?: readonly string[];
  /** What the words after `--` are, for help. A command that takes them insists on them; others take none. */
  rest?: string;
  /** Returns the exit code. */
  run(flags: Flags, positionals: readonly string[], report: Reporter, rest: readonly string[]): Promise<number>;
}

function helpText({ name, about, flags, positionals = [], rest }: Command): string {
  const all: [string, Flag][] = Object.entries({ ...flags, ...COMMON });
  const left = ([flag, { value }]: [string, Flag]): string => `--${flag}${value ? ` ${value}` : ''}`;
  const width = Math.max(...all.map((each) => left(each).length));
  return [
    `${about}\n`,
    `npx zx scripts/${name}.mjs${positionals.map((each) => ` [${each}]`).join('')} [flags]${rest ? ` -- ${rest}` : ''}\n`,
    ...all.map((each) => `  ${left(each).padEnd(width)}  ${each[1].help}`),
  ].join('\n');
}

/** Strict: an unknown flag, a missing value or a word too many is an error, never ignored. */
function parse(command: Command, all: string[]): { flags: Flags; positionals: string[]; rest: string[] } {
  const { words, rest } = command.rest ? splitRest(command, all, command.rest) : { words: all, rest: [] };
  return { ...parseWords(command, words), rest };
}

/** The words before and after `--`. Without one, a flag of the command could not be told from a flag of ours. */
function splitRest(command: Command, all: string[], what: string): { words: string[]; rest: string[] } {
  const at = all.indexOf('--');
  const words = at < 0 ? all : all.slice(0, at);
  const rest = at < 0 ? [] : all.slice(at + 1);
  if (rest.length > 0 || words.includes('--help')) return { words, rest };
  throw new KitError('usage', `${what} comes after --, and there is none`, {
    next: `npx zx scripts/${command.name}.mjs ${words.filter((word) => word.startsWith('--env')).join(' ') || '--env NAME'} … -- ${what}`,
  });
}

function parseWords(command: Command, words: string[]): { flags: Flags; positionals: string[] } {
  const all: Record<string, Flag> = { ...command.flags, ...COMMON };
  const next = `npx zx scripts/${command.name}.mjs --help`;
  for (const word of words) {
    if (word === '--') break;
    const name = /^--([^=]+)/.exec(word)?.[1];
    if (name && !(name in all))
      throw new KitError(
        'usage',
        unknownWord(
          'flag',
          `--${name}`,
          Object.keys(all).map((flag) => `--${flag}`),
        ),
        { next },
      );
  }
  const options = Object.fromEntries(
    Object.entries(all).map(([name, { value, many = false }]) => [
      name,
      { type: value ? ('string' as const) : ('boolean' as const), multiple: many },
    ]),
  );
  let parsed: { values: Flags; positionals: string[] };
  try {
    parsed = parseArgs({ args: words, options, allowPositionals: true, strict: true }) as typeof parsed;
  } catch (cause) {
    throw new KitError('usage', cause instanceof Error ? cause.message : String(cause), { next });
  }
  const { positionals = [] } = command;
  if (!positionals.at(-1)?.endsWith('…') && parsed.positionals.length > positionals.length) {
    throw new KitError('usage', `"${parsed.positionals[positionals.length]}" is one word too many`, { next });
  }
  return { flags: parsed.values, positionals: parsed.positionals };
}

/** The words after the script's own name, however it was started: `npx zx script.mjs …`, `zx script.mjs …`, `node script.mjs …`. */
function wordsAfterScript(name: string): string[] {
  return process.argv.slice(process.argv.findIndex((word) => word.endsWith(`${name}.mjs`)) + 1);
}

/** Runs a script: parses its flags, prints what went wrong once and at the end, and sets the exit code. */
export async function main(command: Command): Promise<void> {
  const write = (line: string): void => void process.stdout.write(`${line}\n`);
  let code: number;
  try {
    const { flags, positionals, rest } = parse(command, wordsAfterScript(command.name));
    if (flags.help) {
      write(helpText(command));
      code = 0;
    } else code = await command.run(flags, positionals, lineReporter(write, flags.verbose === true), rest);
  } catch (error) {
    process.stderr.write(`\n${describeError(error)}\n`);
    code = error instanceof KitError ? error.exit : ERRORS.internal.exit;
  }
  // make itself always exits 2: the code that says what happened must be readable.
  if (code !== 0) process.stderr.write(`exit code ${code}\n`);
  process.exit(code);
}
