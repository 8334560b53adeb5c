import { KitError } from '../errors.ts';
import { type HostKind, OK, resourceOf } from '../resource.ts';
import { quote, words } from '../shell.ts';
import { sha256 } from './file.ts';

/** One line of a file whose rest belongs to others. A file that is wholly ours is better declared as a whole. */
export interface LineArgs {
  path: string;
  /** Without a newline. */
  line: string;
  /**
   * A regular expression of JavaScript, which matches `line` too. The last line that it matches gives way to `line`; where
   * it matches none, `line` comes last. With `present: false` every line that it matches goes.
   */
  match?: string;
  /** `false`: the line, or what `match` matches, is not to be there. */
  present?: boolean;
  /** Its text is never shown: the plan says changed or unchanged. */
  secret?: boolean;
}

/** The lines of the file; undefined where there is no file. */
interface LineSeen {
  lines: readonly string[] | undefined;
}

/** Files larger than this are not read for the sake of a line. */
const MAX_BYTES = 1024 * 1024;

/** What has to go, and what has to come in its place. Undefined where the file is as wanted. */
interface Gap {
  /** Lines as they are. All of them go, or the last of them where something replaces it. */
  old: readonly string[];
  wanted?: string;
}

function gapOf({ line, match, present = true }: LineArgs, lines: readonly string[]): Gap | undefined {
  const pattern = match === undefined ? undefined : new RegExp(match);
  const found = lines.filter((each) => (pattern ? pattern.test(each) : each === line));
  if (!present) return found.length > 0 ? { old: [...new Set(found)] } : undefined;
  const last = found.at(-1);
  if (last === undefined) return { old: [], wanted: line };
  return last === line ? undefined : { old: [last], wanted: line };
}

function linesOf(text: string): string[] {
  if (text === '') return [];
  return text.replace(/\n$/, '').split('\n');
}

const kind: HostKind<LineArgs, LineSeen> = {
  where: 'host',
  name: 'line',
  // Each file once, however many of its lines are asked for. Base64, so that no line of it is taken for another's answer.
  probe: (all) =>
    [
      `stat -L -c '%s|%F|%n' -- ${words(...new Set(all.map(({ path }) => path)))} 2>/dev/null |`,
      `while IFS='|' read -r size type path; do`,
      `echo "$type|$path"`,
      `if [ "$size" -le ${MAX_BYTES} ]; then base64 -w0 -- "$path" 2>/dev/null; echo; else echo large; fi`,
      'done; exit 0',
    ].join('\n'),
  read(output, all) {
    const rows = output.split('\n');
    const seen = new Map<string, { type: string; text: string }>();
    for (let i = 0; i + 1 < rows.length; i += 2) {
      const [type = '', ...path] = (rows[i] ?? '').split('|');
      seen.set(path.join('|'), { type, text: rows[i + 1] ?? '' });
    }
    return all.map(({ path, present = true }) => {
      const entry = seen.get(path);
      // Whoever makes the file comes first.
      if (!entry) return present ? { unavailable: path } : { lines: undefined };
      if (!entry.type.startsWith('regular')) return { unavailable: `${path} is a file (it is a ${entry.type})` };
      if (entry.text === 'large') return { unavailable: `${path} is smaller than ${MAX_BYTES} bytes` };
      return { lines: linesOf(Buffer.from(entry.text, 'base64').toString()) };
    });
  },
  decide(args, { lines }) {
    const gap = gapOf(args, lines ?? []);
    if (!gap) return OK;
    const { old, wanted } = gap;
    const action = wanted === undefined ? '-' : old.length > 0 ? '~' : '+';
    if (args.secret) return { state: 'change', action, summary: 'the line' };
    const shown = [...old.map((each) => `"${each}"`), ...(wanted === undefined ? [] : [`"${wanted}"`])];
    const text = (all: readonly string[]): string => all.map((each) => `${each}\n`).join('');
    return {
      state: 'change',
      action,
      summary: shown.join(wanted === undefined ? ', ' : ' → '),
      before: text(old),
      after: text(wanted === undefined ? [] : [wanted]),
    };
  },
  // The rest of the file may change without that being anyone's concern here.
  digest: (args, { lines }) => (lines ? (gapOf(args, lines) ?? null) : 'no file'),
  // Lines are compared on the host, whole and as they are: other lines of the same file may change in the same wave.
  apply(args, seen) {
    const { path } = args;
    const gap = seen?.lines && gapOf(args, seen.lines);
    if (!gap) return ':';
    const { old, wanted } = gap;
    const last = old.at(-1);
    const environment =
      wanted === undefined
        ? `OLD=${quote(old.join('\n'))}`
        : `NEW=${quote(wanted)}${last === undefined ? '' : ` OLD=${quote(last)}`}`;
    return [
      `p=$(readlink -f -- ${quote(path)})`,
      'umask 077',
      't=$(mktemp "$p.XXXXXX")',
      `trap 'rm -f "$t"' EXIT`,
      // With its owner, mode and extended attributes.
      'cp -p --preserve=all -- "$p" "$t"',
      `${environment} awk '${editOf(gap)}' ${last !== undefined && wanted !== undefined ? '"$p" ' : ''}"$p" >"$t"`,
      'sync "$t"',
      'mv -fT "$t" "$p"',
      'trap - EXIT',
    ].join('\n');
  },
};

/** awk that makes the edit. Texts reach it by the environment, where no escape is read; `""` makes it compare texts. */
function editOf({ old, wanted }: Gap): string {
  if (wanted === undefined)
    return 'BEGIN { n = split(ENVIRON["OLD"], all, "\\n"); for (i = 1; i <= n; i++) gone[all[i]] } !($0 in gone)';
  if (old.length === 0) return '{ print } END { print ENVIRON["NEW"] }';
  return 'BEGIN { old = ENVIRON["OLD"] "" } NR == FNR { if ($0 "" == old) at = FNR; next } FNR == at { print ENVIRON["NEW"]; next } { print }';
}

const resource = resourceOf(
  kind,
  ({ path, line: text, match, secret }) => `${path} ${match ?? (secret ? sha256(text).slice(0, 12) : text)}`,
);

/** A line of a file. Throws where it could not be found again once it is there. */
export function line(args: LineArgs): ReturnType<typeof resource> {
  const { path, line: text, match, present = true } = args;
  if (text.includes('\n')) throw new KitError('internal', `a line of ${path} holds a newline`);
  if (!new RegExp(match ?? '').test(text) && present)
    throw new KitError('internal', `a line of ${path} is not matched by its own pattern ${match}`);
  return resource(args);
}
