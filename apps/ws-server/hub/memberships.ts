/** The groups of one client by token. Almost every client has one token: it shall not cost a map. */

import type { Membership } from './group.ts';

export class Memberships {
  #only: Membership | undefined;
  #more: Map<string, Membership> | undefined;

  get size(): number {
    return this.#more?.size ?? (this.#only ? 1 : 0);
  }

  get(token: string): Membership | undefined {
    if (this.#more) return this.#more.get(token);
    return this.#only?.group.token === token ? this.#only : undefined;
  }

  /** In the place of the one of the same token. */
  set(membership: Membership): void {
    const { token } = membership.group;
    if (!this.#more && (!this.#only || this.#only.group.token === token)) {
      this.#only = membership;
      return;
    }
    this.#more ??= new Map(this.#only && [[this.#only.group.token, this.#only]]);
    this.#only = undefined;
    this.#more.set(token, membership);
  }

  delete(token: string): void {
    if (this.#more) this.#more.delete(token);
    else if (this.#only?.group.token === token) this.#only = undefined;
  }

  clear(): void {
    this.#only = undefined;
    this.#more = undefined;
  }

  values(): Iterable<Membership> {
    return this.#more?.values() ?? (this.#only ? [this.#only] : []);
  }
}
