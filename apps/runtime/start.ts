/** How every program of ours starts: settings from the environment, `--print-config`, exit code 3 when they are bad. */

import { printable, readSettings, type Schema, type Settings, SettingsError } from './settings.ts';

/** The exit code for usage and configuration errors, as in the kit's own scripts. */
export const EXIT_CONFIGURATION = 3;

/** Returns the settings, or ends the process (`--print-config`, an unknown argument, bad settings). */
export function startWith<S extends Schema>(schema: S, owned: readonly string[]): Settings<S> {
  const unknown = process.argv.slice(2).find((argument) => argument !== '--print-config');
  if (unknown !== undefined) refuse(`unknown argument ${unknown} (known: --print-config)`);
  try {
    const settings = readSettings(schema, owned, process.env);
    if (process.argv.includes('--print-config')) {
      console.log(JSON.stringify(printable(schema, settings), null, 2));
      process.exit(0);
    }
    return settings;
  } catch (error) {
    if (error instanceof SettingsError) refuse(error.message);
    throw error;
  }
}

function refuse(message: string): never {
  console.error(message);
  process.exit(EXIT_CONFIGURATION);
}
