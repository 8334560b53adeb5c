import { parseArgs } from 'node:util';
import { failureOf, KitError } from '../errors.ts';
import { unknownWord } from '../inventory/problems.ts';
import { chooseRenderer } from '../report/choose.ts';
import { openReporter, type Reporter } from '../report/reporter.ts';
import { newRun } from '../report/run-identity.ts';

/** A flag of a script. `value` names what it takes; a flag without one is a switch. */
export interface Flag {
  value?: string;
  help: string;
  /** May be given more than once: its value is a list. */
  many?: boolean;
}

/** The flags that every script knows. */
const COMMON = {
  json: { help: 'one event a line on standard output, see docs/events.md' },
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
  throw new KitError('usage', `the ${what} comes after --, and there is none`, {
    next: `npx zx scripts/${command.name}.mjs --help`,
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

/** Whether a switch was typed; also where other words are wrong, so that their error is told the way that was asked for. */
function isTyped(words: readonly string[], flag: keyof typeof COMMON): boolean {
  const end = words.indexOf('--');
  return words.slice(0, end < 0 ? undefined : end).includes(`--${flag}`);
}

/** Runs a script: parses its flags, tells what happens as events, and sets the exit code. */
export async function main(command: Command): Promise<void> {
  const words = wordsAfterScript(command.name);
  if (isTyped(words, 'help')) {
    process.stdout.write(`${helpText(command)}\n`);
    process.exit(0);
  }
  const began = performance.now();
  const verbose = isTyped(words, 'verbose');
  const renderer = await chooseRenderer(process, { json: isTyped(words, 'json'), verbose });
  const report = openReporter(renderer, newRun(command.name, words));
  const exit = await runReported(command, words, verbose, report);
  report.emit({ type: 'run-ended', exit, ms: Math.round(performance.now() - began) });
  renderer.close();
  process.exit(exit);
}

async function runReported(command: Command, words: string[], verbose: boolean, report: Reporter): Promise<number> {
  const { id: _, ...run } = report.run;
  const begin = (flags: Flags): void =>
    report.emit({ type: 'run-started', ...run, words: [...words], ...selectionOf(flags), verbose });
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(command, words);
  } catch (error) {
    begin({});
    return tell(error, report);
  }
  begin(parsed.flags);
  try {
    return await command.run(parsed.flags, parsed.positionals, report, parsed.rest);
  } catch (error) {
    return tell(error, report);
  }
}

/** What went wrong, once and at the end. Returns the exit code. */
function tell(error: unknown, report: Reporter): number {
  const failure = failureOf(error);
  report.emit({ type: 'failed', ...failure });
  return failure.exit;
}

/** What a run is about, as far as its flags say. */
function selectionOf(flags: Flags): { env?: string; limit?: string; tags?: string } {
  const typed = (['env', 'limit', 'tags'] as const).map((name) => [name, flags[name]]);
  return Object.fromEntries(typed.filter(([, value]) => typeof value === 'string'));
}
