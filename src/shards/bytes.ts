/**
 * Bytes of a file or a pipe, in order, a piece at a time: one buffer, whatever the file's size. Reading waits; a command
 * that reads shards has nothing else to do.
 */
import { readSync } from "node:fs";

const BUFFER_BYTES = 2 ** 20;
/** A pipe that has nothing yet may say so instead of waiting. */
const AGAIN_MS = 2;
const NOBODY = new Int32Array(new SharedArrayBuffer(4));

export class Bytes {
  readonly #file: number;
  /** of a file: where to read next; null: a pipe, which knows */
  #position: number | null;
  readonly #end: number;
  #buffer = new Uint8Array(BUFFER_BYTES);
  #from = 0;
  #to = 0;

  /** `begin` is null for a pipe. What stands at `end` and behind is not read. */
  constructor(file: number, begin: number | null, end = Number.POSITIVE_INFINITY) {
    this.#file = file;
    this.#position = begin;
    this.#end = end;
  }

  /**
   * The next bytes, fewer only at the end. They are valid until the next call, and begin at a multiple of 8 in memory
   * as long as all that were taken before were multiples of 8.
   */
  take(count: number): Uint8Array {
    const bytes = this.peek(count);
    this.#from += bytes.length;
    return bytes;
  }

  /** The same, to be taken again. */
  peek(count: number): Uint8Array {
    if (this.#to - this.#from < count) this.#fill(count);
    return this.#buffer.subarray(this.#from, Math.min(this.#to, this.#from + count));
  }

  /** The bytes up to and with the next byte of this value, or up to the end; fewer than `max`, or undefined. */
  takeThrough(byte: number, max: number): Uint8Array | undefined {
    for (let wanted = Math.max(1, this.#to - this.#from); ; wanted = Math.min(2 * wanted, max)) {
      const bytes = this.peek(wanted);
      const at = bytes.indexOf(byte);
      if (at >= 0) return this.take(at + 1);
      if (bytes.length < wanted) return this.take(bytes.length);
      if (wanted >= max) return undefined;
    }
  }

  /** Leaves out bytes; those of a file are not read. */
  skip(count: number): void {
    const buffered = Math.min(count, this.#to - this.#from);
    this.#from += buffered;
    let left = count - buffered;
    if (this.#position !== null) {
      this.#position += left;
      return;
    }
    while (left > 0) {
      const taken = this.take(Math.min(left, BUFFER_BYTES)).length;
      if (taken === 0) return;
      left -= taken;
    }
  }

  #fill(count: number): void {
    const kept = this.#buffer.subarray(this.#from, this.#to);
    if (count > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(count, 2 * this.#buffer.length));
      larger.set(kept);
      this.#buffer = larger;
    } else this.#buffer.copyWithin(0, this.#from, this.#to);
    this.#from = 0;
    this.#to = kept.length;
    while (this.#to < count) {
      const read = this.#read();
      if (read === 0) return;
      this.#to += read;
    }
  }

  #read(): number {
    const room = this.#buffer.length - this.#to;
    const position = this.#position;
    const wanted = position === null ? room : Math.min(room, this.#end - position);
    if (wanted <= 0) return 0;
    for (;;) {
      try {
        const read = readSync(this.#file, this.#buffer, this.#to, wanted, position);
        if (position !== null) this.#position = position + read;
        return read;
      } catch (error) {
        const { code } = error as { readonly code?: unknown }; // system errors have one
        if (code === "EOF") return 0; // how Windows ends a pipe
        if (code !== "EAGAIN") throw error;
        Atomics.wait(NOBODY, 0, 0, AGAIN_MS);
      }
    }
  }
}
