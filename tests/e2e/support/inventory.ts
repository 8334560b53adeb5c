/** Copies of the suite's inventory with something changed, in folders that are gone after the tests of the file. */

import { chmodSync, cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Document, parseDocument } from 'yaml';
import { temporaryFolder } from '../../support/folder.ts';
import { ENV, INVENTORY } from './kit.ts';

const FILE = `${ENV}.yml`;

/** To be called where a file's tests are collected. Returns what makes the copies. */
export function inventoryCopies() {
  const folder = temporaryFolder();
  let count = 0;

  /** A folder with the inventory as another text. */
  function asText(change: (text: string) => string): string {
    count += 1;
    const copy = join(folder, String(count));
    cpSync(INVENTORY, copy, { recursive: true });
    const text = readFileSync(join(copy, FILE), 'utf8');
    const changed = change(text);
    if (changed === text) throw new Error('the change of the inventory changed nothing');
    writeFileSync(join(copy, FILE), changed);
    return copy;
  }

  return {
    asText,
    /** A folder with values set in the inventory, by path: `vars.broker.kind`. */
    with: (values: Record<string, unknown>): string =>
      asText((text) => {
        const document: Document = parseDocument(text);
        for (const [path, value] of Object.entries(values)) document.setIn(path.split('.'), value);
        return document.toString();
      }),
    /** Lays the environment's file of secrets beside an inventory. */
    secrets(copy: string, text: string, mode = 0o600): void {
      const path = join(copy, `${ENV}.env`);
      writeFileSync(path, text);
      chmodSync(path, mode);
    },
  };
}
