/** The kept tokens of many rows as bytes: a sparse matrix of rows, as trainers read it. */
import { Buffer } from "node:buffer";

const OFFSET_BYTES = 8;
const ID_BYTES = 4;

export class KeptSets {
  readonly #ends: number[] = [0];
  readonly #ids: Int32Array[] = [];

  /** Appends the next row's tokens; a row without kept tokens is an empty one. */
  add(token_ids: readonly number[]): void {
    this.#ids.push(Int32Array.from(token_ids));
    this.#ends.push((this.#ends.at(-1) ?? 0) + token_ids.length);
  }

  /** The offset of each row and the end of the last, int64; after them the ids, int32. Little-endian. */
  bytes(): Uint8Array[] {
    const offsets = Buffer.alloc(this.#ends.length * OFFSET_BYTES);
    for (const [row, end] of this.#ends.entries()) offsets.writeBigInt64LE(BigInt(end), row * OFFSET_BYTES);
    const ids = Buffer.alloc((this.#ends.at(-1) ?? 0) * ID_BYTES);
    let at = 0;
    for (const list of this.#ids)
      for (const id of list) {
        ids.writeInt32LE(id, at);
        at += ID_BYTES;
      }
    return [offsets, ids];
  }
}
