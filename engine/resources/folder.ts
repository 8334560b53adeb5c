import { posix } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Content, held, sendSeconds } from '../content.ts';
import { KitError } from '../errors.ts';
import { INPUT_FD } from '../program.ts';
import { type HostKind, OK, type Resource, resourceOf } from '../resource.ts';
import { quote, words } from '../shell.ts';
import {
  byFolder,
  type Entry,
  type FolderArgs,
  type FolderSeen,
  filesAnew,
  foldersOf,
  octal,
  type Part,
  partsOf,
  partText,
  topmost,
  type WantedFile,
} from './folder-difference.ts';

export interface FolderFile {
  /** Text, or `held(buffer)`, or `localFile(path)`. */
  content: string | Content;
  /** Permission bits; 0o644 unless given. */
  mode?: number;
}

export interface FolderOptions {
  path: string;
  /** By path below the folder: `conf.d/a.conf`. The folders between come by themselves. */
  files: Readonly<Record<string, FolderFile>>;
  /** `user:group` of everything in it; `root:root` unless given. */
  owner?: string;
  /** Permission bits of the folder and those in it; 0o755 unless given. */
  mode?: number;
  /** What becomes of things in it that are not in `files`. They are kept unless it is said otherwise. */
  strays?: 'keep' | 'delete';
}

const PART = '%%';
const PROBE_S = 30;
/** What writing takes beside sending, in all and for each file. */
const APPLY_S = 60;
const FILE_S = 0.05;
/** Names in one command: well below what an argument list holds. */
const NAMES_AT_ONCE = 200;
/** New files are put together in here, on the same file system, and renamed into place when all have arrived. */
const STAGE = '.odin-new-';

const at = (args: FolderArgs, name: string): string => (name === '' ? args.path : `${args.path}/${name}`);

const wantedOf = (args: FolderArgs): string[] => [...foldersOf(args), ...Object.keys(args.files)];

/** Shell that prints these words, each ended by a NUL. Packed, because a probe is an argument of at most 128 KiB. */
function list(all: readonly string[], encoding: 'utf8' | 'latin1' = 'utf8'): string {
  const packed = gzipSync(Buffer.from(all.map((each) => `${each}\0`).join(''), encoding)).toString('base64');
  return `printf %s ${packed} | base64 -d | gzip -dc`;
}

function chunks<Item>(items: readonly Item[]): Item[][] {
  return Array.from({ length: Math.ceil(items.length / NAMES_AT_ONCE) }, (_, i) =>
    items.slice(i * NAMES_AT_ONCE, (i + 1) * NAMES_AT_ONCE),
  );
}

const kind: HostKind<FolderArgs, FolderSeen> = {
  where: 'host',
  name: 'folder',
  timeoutSeconds: PROBE_S,
  probe(all) {
    const paths = list(all.flatMap((args) => wantedOf(args).map((name) => at(args, name))));
    const find = (print: string): string => `xargs -0 sh -c 'find "$@" -maxdepth 0 ${print}' sh 2>/dev/null`;
    const strays = all
      .filter((args) => args.strays === 'delete')
      .map(
        ({ path }) =>
          `[ -L ${quote(path)} ] || find ${quote(path)} -xdev -mindepth 1 -printf '%P\\0' 2>/dev/null | LC_ALL=C sort -z | base64 -w0; echo`,
      );
    return [
      `l() { ${paths}; }`,
      `l | ${find(`-printf "%y %m %u:%g %U:%G %p\\n"`)}`,
      `echo ${PART}`,
      `l | ${find('-type f -print0')} | xargs -0 -r sha256sum -- 2>/dev/null`,
      `echo ${PART}`,
      ...strays,
      'exit 0',
    ].join('\n');
  },
  read(output, all) {
    const [metas = '', sums = '', rest = ''] = output.split(`${PART}\n`);
    const digests = new Map(sums.split('\n').map((line) => [line.slice(66), line.slice(0, 64)]));
    const found = new Map<string, Entry>();
    for (const line of metas.split('\n').filter(Boolean)) {
      const [type = '', mode = '', named = '', numbered = '', ...words] = line.split(' ');
      const path = words.join(' ');
      const sha256 = digests.get(path);
      const entry = { type, mode: Number.parseInt(mode, 8), owners: [named, numbered] };
      found.set(path, { ...entry, ...(sha256 ? { sha256 } : {}) });
    }
    const listed = rest.split('\n');
    return all.map((args): FolderSeen => {
      const wanted = wantedOf(args);
      const known = new Set(wanted.map((name) => Buffer.from(name).toString('latin1')));
      const entries = wanted.flatMap((name) => {
        const entry = found.get(at(args, name));
        return entry ? [[name, entry] as const] : [];
      });
      const names = args.strays === 'delete' ? Buffer.from(listed.shift() ?? '', 'base64').toString('latin1') : '';
      const strays = names.split('\0').filter((name) => name && !known.has(name));
      return { entries: Object.fromEntries(entries), strays: strays.sort(byFolder) };
    });
  },
  decide(args, seen) {
    const parts = partsOf(args, seen);
    if (parts.length === 0) return OK;
    const count = (sign: Part['sign'], word: string): string[] => {
      const n = parts.filter((each) => each.sign === sign).length;
      return n === 0 ? [] : [`${n} ${word}`];
    };
    const onlyStrays = parts.every(({ sign }) => sign === '-');
    return {
      state: 'change',
      action: seen.entries[''] ? (onlyStrays ? '-' : '~') : '+',
      summary: [...count('+', 'to create'), ...count('~', 'to change'), ...count('-', 'to delete')].join(', '),
      parts: parts.map(partText),
    };
  },
  apply(args, seen = { entries: {}, strays: [] }) {
    const parts = partsOf(args, seen);
    const anew = filesAnew(args, seen);
    const folders = parts.filter(({ isFolder, sign }) => isFolder && sign !== '-');
    const marked = parts.filter(({ sign, isFolder, anew: whole }) => sign === '~' && !isFolder && !whole);
    const strays = topmost(seen.strays).map(({ name }) => name);
    const path = quote(args.path);
    return [
      `if [ -L ${path} ]; then echo ${quote(`${args.path} is a symbolic link: remove it, or name the folder that it leads to`)}; exit 1; fi`,
      'umask 022',
      `mkdir -p ${path}`,
      `cd ${path}`,
      ...(anew.length > 0 ? stage(args, anew) : []),
      // Everything has arrived: only now something goes.
      ...(strays.length > 0
        ? [
            `${list(
              strays.map((name) => `./${name}`),
              'latin1',
            )} | xargs -0 rm -rf --one-file-system --`,
          ]
        : []),
      ...folders.flatMap(({ name, why }) => makeFolder(args, name, why)),
      ...(args.strays === 'delete' ? inTheWay(anew, seen) : []),
      ...anew.map(([name], i) => `mv -fT "$s/${i}" ${quote(`./${name}`)}`),
      ...marked.flatMap(({ name }) => [
        `chown ${quote(args.owner)} ${quote(`./${name}`)}`,
        `chmod ${octal(args.files[name]?.mode ?? 0)} ${quote(`./${name}`)}`,
      ]),
    ].join('\n');
  },
  input: (args, seen) => filesAnew(args, seen).map(([, { content }]) => content),
  applySeconds: ({ files }) => {
    const contents = Object.values(files).map(({ content }) => content);
    return APPLY_S + sendSeconds(contents) + Math.ceil(contents.length * FILE_S);
  },
};

/** Shell that takes the new files in, checks that they arrived as they left, and readies them to be renamed. */
function stage({ owner }: FolderArgs, anew: readonly [string, WantedFile][]): string[] {
  const numbers = anew.map((_, i) => String(i));
  const modes = Map.groupBy(numbers, (i) => anew[Number(i)]?.[1].mode ?? 0);
  return [
    // What a run that was killed has left.
    `rm -rf ./${STAGE}*`,
    `s=$(mktemp -d "$PWD/${STAGE}XXXXXXXX")`,
    `trap 'rm -rf "$s"' EXIT`,
    'cd "$s"',
    'umask 077',
    ...anew.map(([, { content }], i) => `head -c ${content.bytes} <&${INPUT_FD} >${i}`),
    `sha256sum -c --quiet <<'END' || { echo 'the content did not arrive as it left'; exit 1; }`,
    ...anew.map(([, { content }], i) => `${content.sha256}  ${i}`),
    'END',
    ...chunks(numbers).map((some) => `chown ${quote(owner)} ${words(...some)}`),
    ...[...modes].flatMap(([mode, all]) => chunks(all).map((some) => `chmod ${octal(mode)} ${words(...some)}`)),
    ...chunks(numbers).map((some) => `sync ${words(...some)}`),
    'umask 022',
    'cd ..',
  ];
}

/** Folders in the place of a file: what was in them were strays. */
function inTheWay(anew: readonly [string, WantedFile][], { entries }: FolderSeen): string[] {
  return anew.flatMap(([name]) => (entries[name]?.type === 'd' ? [`rmdir ${quote(`./${name}`)}`] : []));
}

/** A link in the place of a folder gives way; a file does not, unless strays go. */
function makeFolder({ owner, mode, strays }: FolderArgs, name: string, why: string): string[] {
  const path = quote(`./${name}`);
  const clear = why.startsWith('is a') && (strays === 'delete' || why.endsWith('link')) ? [`rm -f ${path}`] : [];
  return [...clear, `mkdir -p ${path}`, `chown ${quote(owner)} ${path}`, `chmod ${octal(mode)} ${path}`];
}

/** A path that can mean something else to a shell tool, or that leads out of the folder, is a fault of the role. */
function checked(path: string, name: string, all: ReadonlySet<string>): void {
  const plain = posix.normalize(name) === name && !/^(\.\.?)?(\/|$)|\/$|[\n\0\\]/.test(name) && !name.startsWith(STAGE);
  const parents = name.split('/').map((_, i, parts) => parts.slice(0, i).join('/'));
  if (!plain || parents.some((parent) => all.has(parent)))
    throw new KitError('internal', `"${name}" cannot be a file in the folder ${path}`);
}

const folderOf = resourceOf(kind, ({ path }) => path);

/** A folder with these files in it, each replaced as a whole when all have arrived. */
export function folder({ path, files, owner = 'root:root', mode = 0o755, strays = 'keep' }: FolderOptions): Resource {
  const names = new Set(Object.keys(files));
  for (const name of names) checked(path, name, names);
  const wanted = Object.entries(files).map(([name, file]) => {
    const content = typeof file.content === 'string' ? held(file.content) : file.content;
    return [name, { content, mode: file.mode ?? 0o644 }] as const;
  });
  return folderOf({ path, files: Object.fromEntries(wanted), owner, mode, strays });
}
