import type { Content } from '../content.ts';

export interface WantedFile {
  content: Content;
  mode: number;
}

export interface FolderArgs {
  path: string;
  files: Readonly<Record<string, WantedFile>>;
  owner: string;
  mode: number;
  strays: 'keep' | 'delete';
}

export interface Entry {
  /** As find(1) has it: `f`, `d`, `l`. */
  type: string;
  mode: number;
  /** `user:group` by name and by number. */
  owners: readonly string[];
  sha256?: string;
}

export interface FolderSeen {
  /** What there is of what is wanted, by path below the folder; `` is the folder itself. */
  entries: Readonly<Record<string, Entry>>;
  /** With `strays: 'delete'`: everything else in it, a folder before what is in it. Names are raw bytes, as latin1. */
  strays: readonly string[];
}

const TYPES: Readonly<Record<string, string>> = { f: 'file', d: 'folder', l: 'symbolic link' };

/** Permission bits as chmod has them. */
export const octal = (mode: number): string => mode.toString(8).padStart(4, '0');

/** The folders that must be there, parents first; `` is the folder itself. */
export function foldersOf({ files }: FolderArgs): string[] {
  const all = new Set(['']);
  for (const name of Object.keys(files)) {
    const parts = name.split('/').slice(0, -1);
    for (let i = 1; i <= parts.length; i += 1) all.add(parts.slice(0, i).join('/'));
  }
  return [...all].sort();
}

/** What differs about mode and owner. */
function marks({ mode, owners }: Entry, wanted: { mode: number; owner: string }): string[] {
  return [
    ...(mode === wanted.mode ? [] : [`mode ${octal(mode)} → ${octal(wanted.mode)}`]),
    ...(owners.includes(wanted.owner) ? [] : [`owner ${owners[0]} → ${wanted.owner}`]),
  ];
}

/** One thing in the folder that is not as wanted. */
export interface Part {
  sign: '+' | '~' | '-';
  /** Below the folder. */
  name: string;
  isFolder: boolean;
  why: string;
  /** The bytes must be written, or the folder made; otherwise only mode and owner are another. */
  anew: boolean;
}

/** Everything that is not as wanted: folders, files, strays. */
export function partsOf(args: FolderArgs, { entries, strays }: FolderSeen): Part[] {
  const { mode, owner } = args;
  const isFolder = (name: string): boolean => entries[name]?.type === 'd';
  const part = (name: string, type: 'd' | 'f', wanted: { mode: number; owner: string; sha256?: string }): Part[] => {
    const entry = entries[name];
    // Behind a link, or in a folder that is to be made, there is nothing of ours.
    const parents = name.split('/').map((_, i, all) => all.slice(0, i).join('/'));
    const base = { name, isFolder: type === 'd' };
    if (!entry || (name !== '' && !parents.every(isFolder))) return [{ ...base, sign: '+', why: '', anew: true }];
    if (entry.type !== type) return [{ ...base, sign: '~', why: `is a ${TYPES[entry.type] ?? 'device'}`, anew: true }];
    const other = entry.sha256 !== wanted.sha256;
    const why = [...(other ? ['content'] : []), ...marks(entry, wanted)];
    return why.length === 0 ? [] : [{ ...base, sign: '~', why: why.join(', '), anew: other }];
  };
  return [
    ...foldersOf(args).flatMap((name) => part(name, 'd', { mode, owner })),
    ...Object.entries(args.files).flatMap(([name, { content, mode: own }]) =>
      part(name, 'f', { mode: own, owner, sha256: content.sha256 }),
    ),
    ...topmost(strays).map(({ name, below }): Part => {
      const why = below === 0 ? '' : `with ${below} in it`;
      return { sign: '-', name, isFolder: below > 0, why, anew: false };
    }),
  ];
}

/** Strays that are not in another stray, with how many things are in each. */
export function topmost(strays: readonly string[]): { name: string; below: number }[] {
  const tops: { name: string; below: number }[] = [];
  for (const name of strays) {
    const last = tops.at(-1);
    if (last && name.startsWith(`${last.name}/`)) last.below += 1;
    else tops.push({ name, below: 0 });
  }
  return tops;
}

/** A raw name for a person: as UTF-8, without what would move the cursor. */
const shown = (name: string): string =>
  Buffer.from(name, 'latin1')
    .toString()
    .replace(/\p{Cc}/gu, '?');

/** A part as a line of the plan. */
export function partText({ sign, name, isFolder, why }: Part): string {
  const text = `${sign} ${sign === '-' ? shown(name) : name || '.'}${isFolder ? '/' : ''}`;
  return why ? `${text}  ${why}` : text;
}

/** The files whose bytes must be written, in the order in which they are sent. */
export function filesAnew(args: FolderArgs, seen: FolderSeen = { entries: {}, strays: [] }): [string, WantedFile][] {
  const names = new Set(partsOf(args, seen).flatMap(({ name, isFolder, anew }) => (anew && !isFolder ? [name] : [])));
  return Object.entries(args.files).filter(([name]) => names.has(name));
}

/** A folder directly before what is in it, whatever else begins with its name. */
export function byFolder(a: string, b: string): number {
  const [x, y] = [a.replaceAll('/', '\0'), b.replaceAll('/', '\0')];
  return x < y ? -1 : x > y ? 1 : 0;
}
