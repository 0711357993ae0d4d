/** The part of a JSON body that is kept as text: bytes in, checked UTF-8 out, with a limit. */
import { isUtf8 } from "node:buffer";
import { Problem } from "../errors.ts";
import { Parked } from "./parked.ts";

/** What a text without its rows mostly takes. */
export const TEXT_BYTES = 512;

export class TextBuffer {
  readonly #parked: Parked;
  readonly #bytes_max: number;

  constructor(bytes_max: number) {
    this.#parked = new Parked(bytes_max, TEXT_BYTES);
    this.#bytes_max = bytes_max;
  }

  get length(): number {
    return this.#parked.length;
  }

  append(bytes: Uint8Array): void {
    if (!this.#parked.append(bytes))
      throw new Problem(
        "limit_exceeded",
        `the JSON text besides the logits may have at most ${this.#bytes_max} bytes (json_text_bytes_max), got more`,
      );
  }

  slice(begin: number): string {
    return this.#parked.text(begin);
  }

  /** All of the text. Throws when the bytes are not UTF-8. */
  whole(): string {
    const bytes = this.#parked.bytes;
    if (!isUtf8(bytes)) throw new Problem("malformed_json", "the JSON text is not UTF-8");
    if (bytes[0] === 0xef && bytes[1] === 0xbb)
      throw new Problem(
        "malformed_json",
        "the JSON text begins with a byte order mark; send UTF-8 without one",
      );
    return this.slice(0);
  }
}
