import { dirname } from 'node:path';
import { type Content, held, sendSeconds, sha256 } from '../content.ts';
import { INPUT_FD } from '../program.ts';
import { type HostKind, OK, resourceOf } from '../resource.ts';
import { quote, words } from '../shell.ts';
import { readTexts, textUnless } from './texts.ts';

export interface FileArgs {
  path: string;
  /** Text, or bytes that are sent beside the program: `held(buffer)`, `localFile(path)`. */
  content: string | Content;
  /** Permission bits, such as 0o644. */
  mode?: number;
  /** `user:group` */
  owner?: string;
  /** A command that is given the new file before it takes the old one's place, and fails if it is no good. */
  validate?: string;
  /** Its text is never shown: the plan says changed or unchanged. */
  secret?: boolean;
}

interface FileSeen {
  exists: boolean;
  mode?: number;
  owner?: string;
  type?: string;
  sha256?: string;
  /** With --diff: the text of a file that differs and is no secret. */
  text?: string;
}

const DEFAULT_MODE = 0o644;
const DEFAULT_OWNER = 'root:root';

/** A text larger than this is sent beside the program and not in it. */
const INLINE_BYTES = 65_536;
/** What writing takes beside sending. */
const APPLY_S = 60;

export { sha256 };

const digestOf = (content: FileArgs['content']): string =>
  typeof content === 'string' ? sha256(content) : content.sha256;

/** What is sent beside the program: nothing, or one content. */
function beside({ content }: FileArgs): Content[] {
  if (typeof content !== 'string') return [content];
  return Buffer.byteLength(content) > INLINE_BYTES ? [held(content)] : [];
}

/**
 * The content is there already: only its owner or mode is another. It stays the file that it is, and whoever runs with it
 * need not be told.
 */
function isThere({ content }: FileArgs, seen: FileSeen | undefined): boolean {
  return seen?.sha256 === digestOf(content) && seen.type?.startsWith('regular') === true;
}

/** Texts for --diff: there are none of secrets, nor of bytes. */
function diffTexts({ content, secret }: FileArgs, before: string | undefined): { before?: string; after?: string } {
  return secret || before === undefined || typeof content !== 'string' ? {} : { before, after: content };
}

/** Shell that writes the content to `$t`, and fails where it did not arrive as it left. */
function write(args: FileArgs): string[] {
  const [content] = beside(args);
  if (!content) return [`base64 -d >"$t" <<'END'\n${Buffer.from(String(args.content)).toString('base64')}\nEND`];
  return [
    `head -c ${content.bytes} <&${INPUT_FD} >"$t"`,
    `[ "$(sha256sum <"$t")" = "${content.sha256}  -" ] || { echo 'the content did not arrive as it left'; exit 1; }`,
  ];
}

const octal = (mode: number): string => mode.toString(8).padStart(4, '0');

/** Where a separator is needed between parts of one probe's output. */
const PART = '%%';

const kind: HostKind<FileArgs, FileSeen> = {
  where: 'host',
  name: 'file',
  probe(all, { diff }) {
    const paths = words(...all.map(({ path }) => path));
    const texts = diff
      ? all
          .filter(({ secret, content }) => !secret && typeof content === 'string')
          .map(({ path, content }) => textUnless(path, digestOf(content)))
      : [];
    return [
      `stat -c '%a %U:%G %s %F|%n' -- ${paths} 2>/dev/null`,
      `echo ${PART}`,
      `sha256sum -- ${paths} 2>/dev/null`,
      `echo ${PART}`,
      ...texts,
      'exit 0',
    ].join('\n');
  },
  read(output, all) {
    const [stats = '', sums = '', texts = ''] = output.split(`${PART}\n`);
    const seen = new Map<string, FileSeen>();
    for (const line of stats.split('\n').filter(Boolean)) {
      const bar = line.indexOf('|');
      const [mode = '', owner = '', , ...type] = line.slice(0, bar).split(' ');
      seen.set(line.slice(bar + 1), { exists: true, mode: Number.parseInt(mode, 8), owner, type: type.join(' ') });
    }
    for (const line of sums.split('\n').filter(Boolean)) {
      const entry = seen.get(line.slice(66));
      if (entry) entry.sha256 = line.slice(0, 64);
    }
    for (const [path, text] of readTexts(texts)) {
      const entry = seen.get(path);
      if (entry) entry.text = text;
    }
    return all.map(({ path }) => seen.get(path) ?? { exists: false });
  },
  decide(args, seen) {
    const { content, mode = DEFAULT_MODE, owner = DEFAULT_OWNER } = args;
    if (!seen.exists) {
      return { state: 'change', action: '+', summary: 'create', ...diffTexts(args, '') };
    }
    const differences = [
      ...(seen.type?.startsWith('regular') ? [] : [`is a ${seen.type}`]),
      ...(seen.sha256 === digestOf(content) ? [] : ['content']),
      ...(seen.mode === mode ? [] : [`mode ${octal(seen.mode ?? 0)} → ${octal(mode)}`]),
      ...(seen.owner === owner ? [] : [`owner ${seen.owner} → ${owner}`]),
    ];
    if (differences.length === 0) return OK;
    return {
      state: 'change',
      action: '~',
      summary: differences.join(', '),
      ...diffTexts(args, seen.text),
    };
  },
  // The text comes along with --diff only, and its digest says as much.
  digest: (_, { text: _text, ...seen }) => seen,
  // Temporary file beside it, owner and mode first, flushed, then renamed: a reader sees the old file or the new one.
  apply(args, seen) {
    const { path, validate, mode = DEFAULT_MODE, owner = DEFAULT_OWNER } = args;
    if (isThere(args, seen)) return `chown ${quote(owner)} ${quote(path)}\nchmod ${octal(mode)} ${quote(path)}`;
    return [
      'umask 077',
      `[ -d ${quote(dirname(path))} ] || mkdir -p ${quote(dirname(path))}`,
      `t=$(mktemp ${quote(`${path}.XXXXXX`)})`,
      `trap 'rm -f "$t"' EXIT`,
      ...write(args),
      `chown ${quote(owner)} "$t"`,
      `chmod ${octal(mode)} "$t"`,
      ...(validate ? [`${validate} "$t" || exit 1`] : []),
      'sync "$t"',
      // -T: where a directory stands in the way, fail instead of moving into it.
      `mv -fT "$t" ${quote(path)}`,
      'trap - EXIT',
    ].join('\n');
  },
  input: (args, seen) => (isThere(args, seen) ? [] : beside(args)),
  applySeconds: (args) => APPLY_S + sendSeconds(beside(args)),
};

export const file = resourceOf(kind, ({ path }) => path);
