/** Bytes that have to wait: a growing buffer with a limit, for what cannot go into a row at once. */
import { Buffer } from "node:buffer";

const FIRST_BYTES = 4096;

export class Parked {
  length = 0;
  readonly #bytes_max: number;
  #buffer: Buffer;

  constructor(bytes_max: number, bytes_expected = FIRST_BYTES) {
    this.#bytes_max = bytes_max;
    this.#buffer = allocate(Math.min(bytes_expected, bytes_max));
  }

  /** Keeps a copy; false, and nothing is kept, when the limit would be passed. */
  append(bytes: Uint8Array): boolean {
    const length = this.length + bytes.length;
    if (length > this.#buffer.length && !this.#grow(length)) return false;
    this.#buffer.set(bytes, this.length);
    this.length = length;
    return true;
  }

  /** What was kept; valid until the next `append`. */
  get bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.length);
  }

  /** What was kept from `begin` on, as UTF-8. */
  text(begin = 0): string {
    return this.#buffer.toString("utf8", begin, this.length);
  }

  /** What was kept, as float32 values. */
  get floats(): Float32Array {
    return new Float32Array(this.#buffer.buffer, this.#buffer.byteOffset, this.length >> 2);
  }

  /** What was kept, as i32 values. */
  get integers(): Int32Array {
    return new Int32Array(this.#buffer.buffer, this.#buffer.byteOffset, this.length >> 2);
  }

  #grow(length: number): boolean {
    if (length > this.#bytes_max) return false;
    const larger = allocate(Math.min(this.#bytes_max, Math.max(length, 4 * this.#buffer.length)));
    larger.set(this.bytes);
    this.#buffer = larger;
    return true;
  }
}

/** Memory that is not cleared, as what is read of it was written before: a part of Node's pool if small, else of its own. */
function allocate(bytes: number): Buffer {
  return bytes < FIRST_BYTES ? Buffer.allocUnsafe(bytes) : Buffer.allocUnsafeSlow(bytes);
}
