import { quote } from '../shell.ts';

/** A file that is larger is not brought back. */
const MOST_BYTES = 65_536;

/** Shell that prints a file whose digest is another, for --diff: its path, then its text packed into one line. */
export function textUnless(path: string, sha256: string): string {
  const file = quote(path);
  const isOther = `! echo "${sha256}  "${file} | sha256sum -c --status`;
  return `if [ -f ${file} ] && [ "$(stat -c %s ${file})" -le ${MOST_BYTES} ] && ${isOther}; then echo ${file}; base64 -w0 ${file}; echo; fi`;
}

/** What {@link textUnless} printed, for one file after the other: texts by path. */
export function readTexts(output: string): Map<string, string> {
  const lines = output.split('\n');
  const texts = new Map<string, string>();
  for (let i = 0; i + 1 < lines.length; i += 2)
    texts.set(lines[i] ?? '', Buffer.from(lines[i + 1] ?? '', 'base64').toString());
  return texts;
}
