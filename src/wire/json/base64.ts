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
    if (this.#held.length + letters.length <= 4) {
      this.#held += letters;
      return;
    }
    // Fills the group that is held, if one is, and holds the last group again.
    const begin = this.#held === "" ? 0 : 4 - this.#held.length;
    const end = begin + Math.floor((letters.length - begin - 1) / 4) * 4;
    if (this.#held !== "") this.#decode(this.#held + letters.slice(0, begin));
    for (let from = begin; from < end && this.fault === undefined; from += LETTERS_MAX)
      this.#decode(letters.slice(from, Math.min(end, from + LETTERS_MAX)));
    this.#held = letters.slice(end);
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
