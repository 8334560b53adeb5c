/** One JSON line a record on stdout: `{"ts":"…","level":"info","msg":"…",…fields}`. */

export const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type Level = (typeof LEVELS)[number];

export type Fields = Record<string, unknown>;

export interface Logger {
  debug(msg: string, fields?: Fields): void;
  info(msg: string, fields?: Fields): void;
  warn(msg: string, fields?: Fields): void;
  error(msg: string, fields?: Fields): void;
}

export function createLogger(least: Level, fields: Fields = {}, write = (line: string) => console.log(line)): Logger {
  const log = (level: Level) => (msg: string, more?: Fields) => {
    if (LEVELS.indexOf(level) < LEVELS.indexOf(least)) return;
    write(JSON.stringify({ ts: new Date().toISOString(), level, msg, ...fields, ...more }));
  };
  return { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') };
}

export const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
