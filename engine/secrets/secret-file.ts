import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'dotenv';
import { KitError } from '../errors.ts';
import { inventoryFolder } from '../inventory/folder.ts';

/** Bits that let anybody but the owner in. */
const OTHERS = 0o077;

/** What a host says of a secret instead of the secret: the same digest on both ends means the same value. */
export function secretDigest(name: string, value: string): string {
  return createHash('sha256').update(`odin:${name}:${value}`).digest('hex');
}

/** The secrets that this machine has of one environment: `inventory/<env>.env`. It may be absent: hosts hold them too. */
export class SecretFile {
  // Private to the language: neither JSON nor console.log shows it.
  readonly #values: ReadonlyMap<string, string>;

  constructor(values: Readonly<Record<string, string>> = {}) {
    this.#values = new Map(Object.entries(values).filter(([, value]) => value !== ''));
  }

  value(name: string): string | undefined {
    return this.#values.get(name);
  }

  /** Hands every value to somebody who keeps it from being shown. */
  hideWith(hide: (secret: string) => void): void {
    for (const value of this.#values.values()) hide(value);
  }

  digest(name: string): string | undefined {
    const value = this.#values.get(name);
    return value === undefined ? undefined : secretDigest(name, value);
  }
}

/** Reads `inventory/<env>.env`. Throws `secret-exposed` when others may read it too. */
export function readSecretFile(env: string): SecretFile {
  const path = join(inventoryFolder(), `${env}.env`);
  if (!existsSync(path)) return new SecretFile();
  const mode = statSync(path).mode & 0o777;
  if (mode & OTHERS) {
    throw new KitError('secret-exposed', `${path} has mode ${mode.toString(8)}: others on this machine can read it`, {
      next: `chmod 600 ${path}`,
    });
  }
  const values = parse(readFileSync(path, 'utf8'));
  const broken = Object.entries(values).find(([, value]) => value.includes('\n'));
  if (broken) throw new KitError('inventory-invalid', `${path}: ${broken[0]} has more than one line`);
  return new SecretFile(values);
}
