/**
 * Frames of one group, appended one behind the other. What is taken is a view of the slab's own memory: every socket of
 * the group queues the same Buffer, so a slab is never written twice.
 */

const SLAB_MIN_BYTES = 4 * 1024;
const SLAB_MAX_BYTES = 64 * 1024;

export class Slab {
  #memory = Buffer.alloc(0);
  #start = 0;
  #end = 0;
  #full: Buffer[] = [];
  #appended = 0;

  append(frame: Buffer): void {
    if (this.#end + frame.length > this.#memory.length) this.#grow(frame.length);
    this.#memory.set(frame, this.#end);
    this.#end += frame.length;
    this.#appended += frame.length;
  }

  /**
   * Everything appended since the last take, in order. What lies in two slabs is copied together, once for all sockets: a
   * write of several buffers costs each of them more than one.
   */
  take(): Buffer[] {
    const parts = this.peek();
    const views = parts.length > 1 && this.#appended <= SLAB_MAX_BYTES ? [Buffer.concat(parts)] : parts;
    this.#full = [];
    this.#start = this.#end;
    this.#appended = 0;
    return views;
  }

  /** The same without taking it. */
  peek(): Buffer[] {
    return this.#end > this.#start ? [...this.#full, this.#memory.subarray(this.#start, this.#end)] : [...this.#full];
  }

  /** The next slab follows what this window needed: a quiet token costs 4 KB, a busy one fills 64 KB at a time. */
  #grow(needed: number): void {
    if (this.#end > this.#start) this.#full.push(this.#memory.subarray(this.#start, this.#end));
    const wanted = Math.min(SLAB_MAX_BYTES, Math.max(SLAB_MIN_BYTES, 4 * this.#appended));
    this.#memory = Buffer.allocUnsafeSlow(Math.max(needed, wanted));
    this.#start = 0;
    this.#end = 0;
  }
}
