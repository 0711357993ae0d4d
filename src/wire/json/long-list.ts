/**
 * The rest of a long list of token ids in a JSON text, such as a history of a million. JSON.parse would read it in one piece
 * of many milliseconds; here its ids are read as their bytes arrive. The beginning of the list stays in the text.
 */
import { IdScanner } from "./ids.ts";
import { VALUE } from "./numbers-machine.ts";

/** Entries of a list that stay in the text. */
export const LONG_LIST = 8192;

/** Ids that are kept together: one array that grows to a million is copied in pieces of many milliseconds. */
const PART = 16_384;

export class LongList {
  readonly scanner = new IdScanner({ append: (bytes) => this.#append(bytes) }, VALUE);
  /** bytes that were read */
  bytes = 0;
  /** index of the row whose list it is; undefined for that of the body */
  readonly row: number | undefined;
  readonly #parts: number[][] = [];
  #last: number[] = [];

  constructor(row: number | undefined) {
    this.row = row;
  }

  #append({ buffer, byteOffset, byteLength }: Uint8Array): boolean {
    const ids = new Int32Array(buffer, byteOffset, byteLength >> 2);
    for (let i = 0; i < ids.length; i++) this.#last.push(ids[i] as number); // i < length
    if (this.#last.length >= PART) {
      this.#parts.push(this.#last);
      this.#last = [];
    }
    return true;
  }

  /** The JSON text of the entries read, to append to that of the first entries. */
  text(): string {
    return [...this.#parts, this.#last].map((ids) => (ids.length === 0 ? "" : `,${ids.join()}`)).join("");
  }

  /** The whole list, of which these are the first entries. */
  complete(first: readonly number[]): number[] {
    return first.concat(...this.#parts, this.#last);
  }
}
