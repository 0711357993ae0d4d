/**
 * Decodes base64 that arrives in pieces. It refuses white space, letters outside the alphabet, and padding
 * before the end. It accepts the URL-safe alphabet as well.
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
  /** the last group is kept here, because only the end shows whether its padding is right */
  #held = "";
  readonly #sink: ByteSink;

  constructor(sink: ByteSink) {
    this.#sink = sink;
  }

  /** The approximate position of the fault in the text, in letters. */
  get position(): number {
    return this.#letters;
  }

  write(letters: string): void {
    if (this.#held.length + letters.length <= 4) {
      this.#held += letters;
      return;
    }
    // Completes the pending group, if there is one, and keeps the last group pending.
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

  /** Node skips unknown letters and stops at padding. A byte count that is too small reveals both. */
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
