/**
 * The rest of a long list of token ids in a JSON text, such as a history of a million. JSON.parse would read it in one piece
 * of many milliseconds; here its ids are read as their bytes arrive. The beginning of the list stays in the text.
 */
import { IdScanner } from "./ids.ts";
import { VALUE } from "./numbers-machine.ts";

/** Entries of a list that stay in the text. */
export const LONG_LIST = 8192;

/** Ids that are kept together. An id takes four bytes until the list is whole; in an array that grows it takes eight and more. */
const PART = 16_384;

export class LongList {
  readonly scanner = new IdScanner({ append: (bytes) => this.#append(bytes) }, VALUE);
  /** bytes that were read */
  bytes = 0;
  /** index of the row whose list it is; undefined for that of the body */
  readonly row: number | undefined;
  readonly #parts: Int32Array[] = [];
  /** the part that is filled, and how many ids it has */
  #last = new Int32Array(PART);
  #count = 0;
  /** all entries, once the last was read; the first LONG_LIST are those of the text */
  #whole = new Int32Array(0);

  constructor(row: number | undefined) {
    this.row = row;
  }

  #append({ buffer, byteOffset, byteLength }: Uint8Array): boolean {
    let ids = new Int32Array(buffer, byteOffset, byteLength >> 2);
    while (ids.length > 0) {
      const taken = ids.subarray(0, PART - this.#count);
      this.#last.set(taken, this.#count);
      this.#count += taken.length;
      ids = ids.subarray(taken.length);
      if (this.#count === PART) this.#endPart();
    }
    return true;
  }

  #endPart(): void {
    this.#parts.push(this.#last);
    this.#last = new Int32Array(PART);
    this.#count = 0;
  }

  #ids(): Int32Array[] {
    return [...this.#parts, this.#last.subarray(0, this.#count)];
  }

  /** The JSON text of the entries read, to append to that of the first entries. */
  text(): string {
    return this.#ids()
      .map((ids) => (ids.length === 0 ? "" : `,${ids.join()}`))
      .join("");
  }

  /**
   * The last id was read. The list is made now, with room for the entries in the text, so that this and the check of the
   * options are two pieces of work.
   */
  end(): void {
    const parts = this.#ids();
    const count = parts.reduce((length, ids) => length + ids.length, LONG_LIST);
    this.#whole = new Int32Array(count);
    let at = LONG_LIST;
    for (const ids of parts) {
      this.#whole.set(ids, at);
      at += ids.length;
    }
    this.#parts.length = 0;
  }

  /**
   * The whole list, whose first entries are these: as int32, of which a million take 4 MB. A list of numbers takes twice
   * the bytes and, with the collections that it causes, up to ten times the time; it is made only where one of the first
   * entries is no int32.
   */
  complete(first: readonly unknown[]): readonly unknown[] | Int32Array {
    if (!first.every(isInt32)) return [...first, ...this.#whole.subarray(LONG_LIST)];
    this.#whole.set(first);
    return this.#whole;
  }
}

function isInt32(value: unknown): value is number {
  return typeof value === "number" && Object.is(value | 0, value);
}
