/** The consumer groups of one instance: `<group>.<instance>.<life>-<n>`, never used twice and deleted after use. */

import { messageOf, silent } from '@odin/runtime';
import type { KafkaAdmin } from './admin.ts';
import { within } from './deadline.ts';
import type { TailOptions } from './tail.ts';

const DROP_TIMEOUT_MS = 3_000;

export class Groups {
  readonly #prefix: string;
  readonly #life = Date.now().toString(36);
  readonly #options: TailOptions;
  #count = 0;

  constructor(options: TailOptions) {
    this.#options = options;
    this.#prefix = `${options.groupId}.${options.instance}.`;
  }

  next(): string {
    this.#count += 1;
    return this.#current();
  }

  /** Deletes what earlier sessions and earlier lives of this instance left. Never throws: the next sweep tries again. */
  async sweep(admin: KafkaAdmin): Promise<void> {
    const groups = await admin.listGroups().catch(() => []);
    const left = groups.filter((group) => group.startsWith(this.#prefix) && group !== this.#current());
    for (const group of left) await this.drop(group, admin);
  }

  /** Never throws, and waits no longer than DROP_TIMEOUT_MS. */
  async drop(group: string, admin: KafkaAdmin): Promise<void> {
    await within(DROP_TIMEOUT_MS, 'delete group', admin.deleteGroups([group])).catch((error) => {
      (this.#options.logger ?? silent).debug('consumer group not deleted', { group, error: messageOf(error) });
    });
  }

  #current(): string {
    return `${this.#prefix}${this.#life}-${this.#count}`;
  }
}
