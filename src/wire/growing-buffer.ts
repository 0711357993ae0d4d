/**
 * A buffer that grows up to a limit, for bytes that have to wait: rows that cannot go into kernel memory at once, and
 * the part of a body that is kept as text.
 */
import { Buffer, isUtf8 } from "node:buffer";
import { Problem } from "../errors.ts";

const FIRST_BYTES = 4096;
/** Below this size the buffer grows fourfold, above it twofold. */
const LARGE_BYTES = 262_144;
/** Initial size: the usual length of a text without its rows. */
const TEXT_BYTES = 512;

export class GrowingBuffer {
  length = 0;
  readonly #bytes_max: number;
  #buffer: Buffer;

  constructor(bytes_max: number, bytes_expected = FIRST_BYTES) {
    this.#bytes_max = bytes_max;
    this.#buffer = allocate(Math.min(bytes_expected, bytes_max));
  }

  /** Appends a copy. Returns false and keeps nothing when the limit would be exceeded. */
  append(bytes: Uint8Array): boolean {
    const length = this.length + bytes.length;
    if (length > this.#buffer.length && !this.#grow(length)) return false;
    this.#buffer.set(bytes, this.length);
    this.length = length;
    return true;
  }

  /** The bytes so far; valid until the next `append`. */
  get bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.length);
  }

  /** The bytes from `begin` on, as UTF-8. */
  text(begin = 0): string {
    return this.#buffer.toString("utf8", begin, this.length);
  }

  /** `count` float32 values from byte `begin` on; all when absent. `begin` is a multiple of 4. */
  floats(begin = 0, count = (this.length - begin) >> 2): Float32Array {
    return new Float32Array(this.#buffer.buffer, this.#buffer.byteOffset + begin, count);
  }

  /** The bytes as i32 values. */
  integers(): Int32Array {
    return new Int32Array(this.#buffer.buffer, this.#buffer.byteOffset, this.length >> 2);
  }

  #grow(length: number): boolean {
    if (length > this.#bytes_max) return false;
    const times = this.#buffer.length < LARGE_BYTES ? 4 : 2;
    const larger = allocate(Math.min(this.#bytes_max, Math.max(length, times * this.#buffer.length)));
    larger.set(this.bytes);
    this.#buffer = larger;
    return true;
  }
}

/** A growing text: bytes in, checked UTF-8 out. */
export class TextBuffer {
  readonly #bytes: GrowingBuffer;
  readonly #bytes_max: number;
  readonly #too_long: string;
  /** bytes that count as text and are kept elsewhere */
  #apart = 0;

  /** `too_long` is the error sentence when more than `bytes_max` bytes come. */
  constructor(bytes_max: number, too_long: string) {
    this.#bytes = new GrowingBuffer(bytes_max, TEXT_BYTES);
    this.#bytes_max = bytes_max;
    this.#too_long = too_long;
  }

  get length(): number {
    return this.#bytes.length;
  }

  append(bytes: Uint8Array): void {
    if (!this.#bytes.append(bytes)) throw new Problem("limit_exceeded", this.#too_long);
    if (this.#apart > 0) this.count(0);
  }

  /** Counts bytes of the text that are kept elsewhere, or takes them off the count. */
  count(bytes: number): void {
    this.#apart += bytes;
    if (this.length + this.#apart > this.#bytes_max) throw new Problem("limit_exceeded", this.#too_long);
  }

  slice(begin: number): string {
    return this.#bytes.text(begin);
  }

  /** All of the text. Throws when the bytes are not UTF-8. */
  whole(): string {
    if (!isUtf8(this.#bytes.bytes)) throw new Problem("malformed_json", "the JSON text is not UTF-8");
    return this.slice(0);
  }

  /** The same, but for a text that begins with a byte order mark. */
  unmarked(): string {
    const [first, second] = this.#bytes.bytes;
    const text = this.whole();
    if (first !== 0xef || second !== 0xbb) return text;
    throw new Problem(
      "malformed_json",
      "the JSON text begins with a byte order mark; send UTF-8 without one",
    );
  }
}

/** The text of a body without its logits. */
export function textBesideLogits(json_text_bytes_max: number): TextBuffer {
  return new TextBuffer(
    json_text_bytes_max,
    `the JSON text besides the logits may have at most ${json_text_bytes_max} bytes (json_text_bytes_max), got more`,
  );
}

/** Memory that is not zeroed, because only written parts are read: from Node's pool if small, otherwise its own. */
function allocate(bytes: number): Buffer {
  return bytes < FIRST_BYTES ? Buffer.allocUnsafe(bytes) : Buffer.allocUnsafeSlow(bytes);
}
