/** Writes masks as grammar engines do. */
import { Buffer } from "node:buffer";

/** The mask of a set of ids as xgrammar and llguidance write it: little-endian words of 32 bits, in base64. */
export function bitmask(token_ids: readonly number[], vocab_size: number): string {
  const words = Buffer.alloc(4 * Math.ceil(vocab_size / 32));
  for (const id of token_ids) {
    const at = 4 * Math.floor(id / 32);
    words.writeUInt32LE((words.readUInt32LE(at) | (2 ** (id % 32))) >>> 0, at);
  }
  return words.toString("base64");
}
