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

  /**
   * Deletes what earlier sessions and earlier lives of this instance left. Like `drop`, it never throws and waits no
   * longer than DROP_TIMEOUT_MS; what it could not delete is left to the next one.
   */
  async sweep(admin: KafkaAdmin): Promise<void> {
    await this.#bounded('sweep of consumer groups', async () => {
      const left = (await admin.listGroups()).filter((group) => group.startsWith(this.#prefix));
      for (const group of left) if (group !== this.#current()) await this.drop(group, admin);
    });
  }

  async drop(group: string, admin: KafkaAdmin): Promise<void> {
    await this.#bounded(`deletion of consumer group ${group}`, () => admin.deleteGroups([group]));
  }

  async #bounded(what: string, work: () => Promise<void>): Promise<void> {
    await within(DROP_TIMEOUT_MS, what, work()).catch((error) => {
      (this.#options.logger ?? silent).debug(`${what} failed`, { error: messageOf(error) });
    });
  }

  #current(): string {
    return `${this.#prefix}${this.#life}-${this.#count}`;
  }
}
