/** A JSON string of base64 letters, from after its opening quote: finds its end, undoes escapes, decodes. */
import { Buffer } from "node:buffer";
import { Base64Decoder } from "./base64.ts";
import type { ElementSink } from "./numbers.ts";
import { unescaped } from "./strings.ts";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

export class PackedString {
  /** true once the closing quote was read */
  closed = false;
  readonly #decoder: Base64Decoder;
  /** an incomplete escape, its backslash first */
  #escape = "";

  constructor(sink: ElementSink) {
    this.#decoder = new Base64Decoder(sink);
  }

  get fault(): "letter" | "full" | undefined {
    return this.#decoder.fault;
  }

  /**
   * Reads from `chunk[begin]` on; returns the index after the last byte used. After a fault it only searches for the end.
   */
  write(chunk: Uint8Array, begin: number): number {
    const buffer = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    let from = begin;
    while (from < buffer.length && !this.closed)
      from = this.#escape === "" ? this.#letters(buffer, from) : this.#unescape(buffer, from);
    return from;
  }

  /** Decodes up to a quote, a backslash or the end of the chunk. */
  #letters(buffer: Buffer, from: number): number {
    const quote = indexOr(buffer, QUOTE, from, buffer.length);
    const end = indexOr(buffer.subarray(0, quote), BACKSLASH, from, quote);
    if (this.fault === undefined) this.#decoder.write(buffer.toString("latin1", from, end));
    if (end === buffer.length) return end;
    if (end < quote) this.#escape = "\\";
    else {
      this.closed = true;
      this.#decoder.end();
    }
    return end + 1;
  }

  /** Some writers escape a slash as `\/`; JSON allows `\u002b` as well. */
  #unescape(buffer: Buffer, from: number): number {
    this.#escape += String.fromCharCode(buffer[from] ?? 0);
    const complete = this.#escape[1] === "u" ? this.#escape.length === 6 : this.#escape.length === 2;
    if (complete) {
      if (this.fault === undefined)
        // An invalid escape becomes a zero byte, which base64 rejects.
        this.#decoder.write(unescaped(this.#escape) ?? "\0");
      this.#escape = "";
    }
    return from + 1;
  }
}

function indexOr(buffer: Buffer, byte: number, from: number, otherwise: number): number {
  const index = buffer.indexOf(byte, from);
  return index < 0 ? otherwise : index;
}
