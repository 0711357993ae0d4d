/**
 * Reads the bytes of a file or a pipe in order, in pieces, with one buffer. A read of a file always succeeds. A read of
 * an empty pipe throws Starved, loses nothing, and can be repeated later.
 */
import { readSync } from "node:fs";

const BUFFER_BYTES = 2 ** 20;
/** Maximum bytes in one piece; no readable row needs more. */
const PIECE_BYTES_MAX = 2 ** 29;

/** The read function of the system. It is an object, so that tests can simulate an empty pipe. */
export const system = { readSync };

/** Thrown when the pipe is empty but still open. The bytes so far are kept, and the same call may be repeated. */
export class Starved extends Error {
  constructor() {
    super("the pipe has nothing yet");
  }
}
const STARVED = new Starved();

export class Bytes {
  readonly #file: number;
  /** for a file: the next position; null: a pipe, which has a position of its own */
  #position: number | null;
  readonly #end: number;
  #buffer = new Uint8Array(BUFFER_BYTES);
  #from = 0;
  #to = 0;
  /** for a pipe: number of bytes to skip before the next piece */
  #skipped = 0;

  /** `begin` is null for a pipe. Bytes from `end` on are not read. */
  constructor(file: number, begin: number | null, end = Number.POSITIVE_INFINITY) {
    this.#file = file;
    this.#position = begin;
    this.#end = end;
  }

  /**
   * The next bytes; fewer than requested only at the end. Valid until the next call. They are aligned to 8 bytes in
   * memory if every earlier call took a multiple of 8.
   */
  take(count: number): Uint8Array {
    const bytes = this.peek(count);
    this.#from += bytes.length;
    return bytes;
  }

  /** The next bytes, without consuming them. */
  peek(count: number): Uint8Array {
    if (this.#to - this.#from < count) this.#fill(count);
    return this.#buffer.subarray(this.#from, Math.min(this.#to, this.#from + count));
  }

  /** The bytes up to and including the next byte of this value, or up to the end; fewer than `max`, or undefined. */
  takeThrough(byte: number, max: number): Uint8Array | undefined {
    for (let wanted = Math.max(1, this.#to - this.#from); ; wanted = Math.min(2 * wanted, max)) {
      const bytes = this.peek(wanted);
      const at = bytes.indexOf(byte);
      if (at >= 0) return this.take(at + 1);
      if (bytes.length < wanted) return this.take(bytes.length);
      if (wanted >= max) return undefined;
    }
  }

  /** Skips bytes. In a file they are not read; in a pipe they are read and dropped before the next piece. */
  skip(count: number): void {
    const buffered = Math.min(count, this.#to - this.#from);
    this.#from += buffered;
    if (this.#position !== null) this.#position += count - buffered;
    else this.#skipped += count - buffered;
  }

  /** Drops bytes that were skipped. */
  #drop(): void {
    while (this.#skipped > 0) {
      if (this.#from === this.#to) {
        const read = this.#read(0); // which may throw: nothing is changed before
        this.#from = 0;
        this.#to = read;
        if (read === 0) return;
      }
      const dropped = Math.min(this.#skipped, this.#to - this.#from);
      this.#from += dropped;
      this.#skipped -= dropped;
    }
  }

  #fill(count: number): void {
    if (this.#skipped > 0) this.#drop();
    if (count > PIECE_BYTES_MAX)
      throw new Error(`has a piece of ${count} bytes, at most ${PIECE_BYTES_MAX} are read at once`);
    this.#buffer.copyWithin(0, this.#from, this.#to);
    this.#to -= this.#from;
    this.#from = 0;
    while (this.#to < count) {
      if (this.#to === this.#buffer.length) this.#grow(count);
      const read = this.#read(this.#to);
      if (read === 0) return;
      this.#to += read;
    }
  }

  /** Doubles the buffer, but not beyond the requested size: a header may request more than the file has. */
  #grow(count: number): void {
    const larger = new Uint8Array(Math.min(2 * this.#buffer.length, Math.max(count, BUFFER_BYTES)));
    larger.set(this.#buffer);
    this.#buffer = larger;
  }

  #read(at: number): number {
    const room = this.#buffer.length - at;
    const position = this.#position;
    const wanted = position === null ? room : Math.min(room, this.#end - position);
    if (wanted <= 0) return 0;
    try {
      const read = system.readSync(this.#file, this.#buffer, at, wanted, position);
      if (position !== null) this.#position = position + read;
      return read;
    } catch (error) {
      const { code } = error as { readonly code?: unknown }; // system errors have one
      if (code === "EOF") return 0; // how Windows ends a pipe
      throw code === "EAGAIN" ? STARVED : error;
    }
  }
}
