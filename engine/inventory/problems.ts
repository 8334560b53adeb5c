import { distance } from 'fastest-levenshtein';
import { isMap, isScalar, isSeq, type LineCounter, type Node, type Pair, type ParsedNode } from 'yaml';
import type { z } from 'zod';

/** One thing wrong in a YAML file, at a place that an editor can jump to. */
export interface Problem {
  /** 1-based. */
  line: number;
  /** 1-based. */
  column: number;
  /** `hosts.ws-1.adress` */
  path: string;
  message: string;
}

type Path = readonly PropertyKey[];

const MAX_TYPO_DISTANCE = 3;

/** The known word nearest to what was typed, if it is near enough to be a typing mistake. */
export function didYouMean(typed: string, known: readonly string[]): string | undefined {
  const ranked = known.map((word) => ({ word, d: distance(typed, word) })).sort((a, b) => a.d - b.d);
  const best = ranked[0];
  return best && best.d <= Math.min(MAX_TYPO_DISTANCE, Math.ceil(typed.length / 2)) ? best.word : undefined;
}

/** The sentence for a word that is not known, with a suggestion where one is near. */
export function unknownWord(what: string, typed: string, known: readonly string[]): string {
  const near = didYouMean(typed, known);
  if (near) return `unknown ${what} "${typed}"; did you mean "${near}"?`;
  return `unknown ${what} "${typed}"; known: ${known.join(', ')}`;
}

/** Finds the place of `path` in a parsed YAML document: of the key for unknown keys, of the value otherwise. */
export function placeOf(
  root: ParsedNode | null,
  path: Path,
  lines: LineCounter,
  ofKey: boolean,
): { line: number; column: number } {
  let node: Node | null = root;
  let offset = node?.range?.[0] ?? 0;
  for (const [index, part] of path.entries()) {
    const last = index === path.length - 1;
    if (isMap(node)) {
      const pair: Pair | undefined = node.items.find(
        (item) => isScalar(item.key) && String(item.key.value) === String(part),
      );
      if (!pair) break;
      const key = pair.key as Node;
      const value = pair.value as Node | null;
      offset = (last && ofKey ? key.range : (value?.range ?? key.range))?.[0] ?? offset;
      node = value;
    } else if (isSeq(node)) {
      node = (node.items[Number(part)] as Node | undefined) ?? null;
      offset = node?.range?.[0] ?? offset;
    } else break;
  }
  const { line, col } = lines.linePos(offset);
  return { line, column: col };
}

/** A place as an editor takes it: `inventory/prod.yml:41:7`. */
export function located(name: string, { line, column }: { line: number; column: number }): string {
  return `${name}:${line}:${column}`;
}

/** Turns the issues of a schema into problems with places. `knownKeys` lists the valid keys at a path. */
export function problemsOf(
  issues: readonly z.core.$ZodIssue[],
  root: ParsedNode | null,
  lines: LineCounter,
  knownKeys: (path: Path) => readonly string[],
): Problem[] {
  return issues.flatMap((issue): Problem[] => {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => {
        const path = [...issue.path, key];
        return {
          ...placeOf(root, path, lines, true),
          path: path.join('.'),
          message: unknownWord('key', key, knownKeys(issue.path)),
        };
      });
    }
    const ofKey = issue.code === 'invalid_key';
    return [
      {
        ...placeOf(root, issue.path, lines, ofKey),
        path: issue.path.map(String).join('.') || '(file)',
        message: ofKey ? `${issue.issues.map((inner) => inner.message).join('; ')}` : issue.message,
      },
    ];
  });
}
