/**
 * Decodes base64 that arrives in pieces. Strict about everything that could hide a mistake: no white space, no
 * letters outside the alphabet, padding only at the end. The URL-safe alphabet is taken as well.
 */
import { Buffer } from "node:buffer";

interface ByteSink {
  append(bytes: Uint8Array): boolean;
}

const LETTERS_MAX = 65_536;
const SCRATCH = Buffer.alloc((LETTERS_MAX / 4) * 3);
const LAST_GROUP = /^(?:[\w+/-]{2}(?:==)?|[\w+/-]{3}=?|[\w+/-]{4})?$/;

export class Base64Decoder {
  /** why decoding stopped */
  fault: "letter" | "full" | undefined;
  /** letters decoded before the current piece */
  #letters = 0;
  /** the last group stays here, since only the end can tell whether its padding is right */
  #held = "";
  readonly #sink: ByteSink;

  constructor(sink: ByteSink) {
    this.#sink = sink;
  }

  /** About where in the text the fault lies, in letters. */
  get position(): number {
    return this.#letters;
  }

  write(letters: string): void {
    const text = this.#held + letters;
    const whole = Math.max(0, Math.floor((text.length - 1) / 4) * 4);
    for (let from = 0; from < whole && this.fault === undefined; from += LETTERS_MAX)
      this.#decode(text.slice(from, Math.min(whole, from + LETTERS_MAX)));
    this.#held = text.slice(whole);
  }

  end(): void {
    if (this.fault !== undefined) return;
    if (!LAST_GROUP.test(this.#held)) this.fault = "letter";
    else this.#handOn(SCRATCH.write(this.#held, "base64"));
  }

  /** Node skips what it does not know and stops at padding: a count that is too small gives both away. */
  #decode(groups: string): void {
    const written = SCRATCH.write(groups, "base64");
    if (written !== (groups.length / 4) * 3) this.fault = "letter";
    else this.#handOn(written);
    this.#letters += groups.length;
  }

  #handOn(bytes: number): void {
    if (bytes > 0 && !this.#sink.append(SCRATCH.subarray(0, bytes))) this.fault = "full";
  }
}
