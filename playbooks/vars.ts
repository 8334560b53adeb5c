import { stringify } from 'yaml';
import type { Flag, Flags } from '#engine/cli/command.ts';
import { KitError } from '#engine/errors.ts';
import { parseExtras } from '#engine/inventory/extra.ts';
import { inventoryFolder } from '#engine/inventory/folder.ts';
import { loadWithPlaces } from '#engine/inventory/load.ts';
import { unknownWord } from '#engine/inventory/problems.ts';
import { type Variable, variablesOf } from '#engine/inventory/variables.ts';
import type { Reporter } from '#engine/report/reporter.ts';
import { schemasOf } from '#engine/run.ts';
import { roles } from './deploy.ts';
import { envOf, extraFlag, extrasOf } from './environment.ts';

export const varsFlags = {
  env: { value: 'NAME', help: 'the environment: inventory/NAME.yml' },
  host: { value: 'HOST', help: 'whose variables' },
  key: { value: 'ROLE.NAME', help: 'only this one, with everything that it overrides' },
  extra: extraFlag,
} as const satisfies Record<string, Flag>;

/** Columns that a value may take in the list of all; `--key` shows it whole. */
const MAX_VALUE_WIDTH = 48;

const named = ({ role, key }: Variable): string => `${role}.${key}`;

/** A value on one line, as the inventory would have it. */
function valueText(value: unknown): string {
  if (value === undefined) return '(not set)';
  return stringify(value, { collectionStyle: 'flow', lineWidth: 0 }).trimEnd();
}

const shortened = (text: string): string =>
  text.length > MAX_VALUE_WIDTH ? `${text.slice(0, MAX_VALUE_WIDTH - 1)}…` : text;

/** Lines in columns, the last of which is as wide as it likes. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  return rows.map((row) => `  ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')}`.trimEnd()).join('\n');
}

/** Says what each variable of a host is and where that comes from. Asks no host. */
export async function runVars(flags: Flags, report: Reporter): Promise<number> {
  const env = envOf(flags);
  const schemas = schemasOf(roles);
  const { file, placeOf } = loadWithPlaces(inventoryFolder(), env, schemas);
  const extras = parseExtras(extrasOf(flags), schemas);
  const names = Object.keys(file.hosts);
  if (typeof flags.host !== 'string')
    throw new KitError('usage', `which host? give --host NAME; ${env} has ${names.join(', ')}`, {
      next: `make vars ENV=${env} HOST=${names[0]}`,
    });
  const host = Object.hasOwn(file.hosts, flags.host) ? file.hosts[flags.host] : undefined;
  if (!host)
    throw new KitError('unknown-host', unknownWord('host', flags.host, names), {
      next: `make vars ENV=${env} HOST=${names[0]}`,
    });
  const all = variablesOf(flags.host, host, file, schemas, extras, placeOf);
  if (typeof flags.key === 'string') report.lines(explained(flags.key, all, `make vars ENV=${env} HOST=${flags.host}`));
  else report.lines(table(all.map((each) => [named(each), shortened(valueText(each.value)), each.from])));
  return 0;
}

/** One variable: what is in force first, then what it overrides, strongest first. */
function explained(wanted: string, all: readonly Variable[], next: string): string {
  const found = all.find((each) => named(each) === wanted);
  if (!found) throw new KitError('usage', unknownWord('variable', wanted, all.map(named)), { next });
  const rows = [found, ...found.overridden].map(({ value, from }, i) => [
    i === 0 ? wanted : '  overrides',
    valueText(value),
    from,
  ]);
  return table(rows);
}
