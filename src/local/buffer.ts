/**
 * Replaces node:buffer in a bare engine: the part of it that the readers of bodies use. The bundle of the local sampler
 * uses this file in its place.
 */
import { ALPHABET } from "../base64.ts";
import { decodeUtf8, encodeUtf8, isUtf8Bytes, latin1Of } from "./utf8.ts";

type Encoding = "utf8" | "latin1" | "base64";

/** Letters of base64 → 6 bits; 255: not a letter. Both alphabets, as in Node. */
const LETTERS = new Uint8Array(128).fill(255);
for (const [i, letter] of [...ALPHABET].entries()) LETTERS[letter.charCodeAt(0)] = i;
LETTERS["-".charCodeAt(0)] = 62;
LETTERS["_".charCodeAt(0)] = 63;

export class Buffer extends Uint8Array<ArrayBuffer> {
  constructor(source: number | ArrayBuffer, offset?: number, length?: number) {
    // Both forms of a typed array's constructor, which its types keep apart.
    super(source as ArrayBuffer, offset, length);
  }

  static override from(value: unknown, offset?: unknown, length?: unknown): Buffer {
    if (typeof value === "string") {
      const bytes = encodeUtf8(value);
      return new Buffer(bytes.buffer, bytes.byteOffset, bytes.length);
    }
    if (value instanceof ArrayBuffer) return new Buffer(value, offset as number, length as number);
    const bytes = value as Uint8Array; // what else the readers make one of
    const copy = new Buffer(bytes.length);
    copy.set(bytes);
    return copy;
  }

  static alloc(bytes: number): Buffer {
    return new Buffer(bytes);
  }

  static allocUnsafe(bytes: number): Buffer {
    return new Buffer(bytes);
  }

  static allocUnsafeSlow(bytes: number): Buffer {
    return new Buffer(bytes);
  }

  static concat(parts: readonly Uint8Array[]): Buffer {
    const whole = new Buffer(parts.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }

  static byteLength(text: string): number {
    return encodeUtf8(text).length;
  }

  override toString(encoding: Encoding = "utf8", begin = 0, end = this.length): string {
    const part = begin === 0 && end === this.length ? this : this.subarray(begin, end);
    return encoding === "latin1" ? latin1Of(part) : decodeUtf8(part);
  }

  /** Writes base64 like Node: stops at the first other character. Returns the number of written bytes. */
  write(text: string, encoding: Encoding): number {
    if (encoding !== "base64") throw new Error(`only base64 is written, got ${encoding}`);
    let bits = 0;
    let held = 0;
    let written = 0;
    for (let i = 0; i < text.length && written < this.length; i++) {
      const value = LETTERS[text.charCodeAt(i)] ?? 255;
      if (value === 255) break;
      held = (held << 6) | value;
      bits += 6;
      if (bits < 8) continue;
      bits -= 8;
      this[written++] = held >> bits;
      held &= (1 << bits) - 1;
    }
    return written;
  }
}

/** True when bytes are UTF-8. */
export function isUtf8(bytes: Uint8Array): boolean {
  return isUtf8Bytes(bytes);
}
