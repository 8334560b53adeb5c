/** A word that any POSIX shell reads as exactly `text`. */
export function quote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Words for a command line, each quoted. */
export function words(...all: readonly string[]): string {
  return all.map(quote).join(' ');
}

/** A command that writes `content` to standard output. Base64, so that no byte of it is read by the shell. */
export function emit(content: string): string {
  return `printf %s ${Buffer.from(content).toString('base64') || "''"} | base64 -d`;
}

/** Prints the host's time: `2026-01-02T03:04:05Z`. */
export const HOST_TIME = 'date -u +%Y-%m-%dT%H:%M:%SZ';
