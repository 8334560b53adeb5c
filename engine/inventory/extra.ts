import { parseDocument } from 'yaml';
import { KitError } from '../errors.ts';
import type { RoleSchemas } from './load.ts';
import { unknownWord } from './problems.ts';

/** One `--extra role.key=value`: it wins over everything that the inventory says, on every host. */
export interface Extra {
  role: string;
  key: string;
  value: unknown;
  /** As typed, after `--extra`. */
  word: string;
}

const SHAPE = /^([^.=]+)\.([^=]+)=(.*)$/s;

/**
 * Reads the words of `--extra`: the value is YAML, so that `rate=50` is a number and `tokens=[BTC, ETH]` a list, and the
 * role's own schema checks it. Throws `usage` with every problem at once.
 */
export function parseExtras(typed: readonly string[], roles: RoleSchemas): Extra[] {
  const extras: Extra[] = [];
  const problems: string[] = [];
  for (const word of typed) {
    const result = parseExtra(word, roles);
    if ('problem' in result) {
      problems.push(`--extra ${word} ${result.problem}`);
      continue;
    }
    const twin = extras.find(({ role, key }) => role === result.role && key === result.key);
    if (twin) problems.push(`--extra ${word} ${result.role}.${result.key}: --extra ${twin.word} says it already`);
    else extras.push(result);
  }
  if (problems.length === 0) return extras;
  throw new KitError(
    'usage',
    `${problems.length} problem${problems.length === 1 ? '' : 's'} in --extra\n${problems.map((each) => `  ${each}`).join('\n')}`,
    { next: 'make vars ENV=… HOST=… shows every variable with its value' },
  );
}

function parseExtra(word: string, roles: RoleSchemas): Extra | { problem: string } {
  const [, role = '', key = '', text = ''] = SHAPE.exec(word) ?? [];
  if (!role) return { problem: '(word): expected role.key=value, such as publisher.rate=100' };
  const schema = Object.hasOwn(roles, role) ? roles[role] : undefined;
  if (!schema) return { problem: `${role}: ${unknownWord('role', role, Object.keys(roles))}` };
  const at = `${role}.${key}`;
  if (!Object.hasOwn(schema.shape, key))
    return { problem: `${at}: ${unknownWord('key', key, Object.keys(schema.shape))}` };
  const document = parseDocument(text, { prettyErrors: false });
  const [broken] = document.errors;
  if (broken) return { problem: `${at}: ${broken.message}` };
  const value: unknown = document.toJS();
  const result = schema
    .partial()
    .strict()
    .safeParse({ [key]: value });
  if (result.success) return { role, key, value, word };
  const issues = result.error.issues.map(({ path, message }) => `${[role, ...path].join('.')}: ${message}`);
  return { problem: issues.join('; ') };
}
