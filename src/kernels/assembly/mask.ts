/** Masks that come as bits: the low bit of the first word is token 0. */
import { largestLane } from "./lanes";

/**
 * Copies a row with −Infinity for the tokens whose bit is not set, and finds the block maxima of the copy. 4 words a
 * block.
 */
export function maskedCopy(values: usize, blocks: i32, words: usize, to: usize, maxima: usize): void {
  const end = maxima + ((<usize>blocks) << 2);
  const lowest = f32x4.splat(-Infinity);
  const first_bits = i32x4(1, 2, 4, 8);
  do {
    const stop = values + 512;
    let max = lowest;
    do {
      const word = i32x4.splat(load<i32>(words));
      let bits = first_bits;
      const next = values + 128;
      do {
        const allowed = i32x4.ne(v128.and(word, bits), i32x4.splat(0));
        const x = v128.bitselect(v128.load(values), lowest, allowed);
        v128.store(to, x);
        max = f32x4.pmax(max, x);
        bits = i32x4.shl(bits, 4);
        values += 16;
        to += 16;
      } while (values != next);
      words += 4;
    } while (values != stop);
    store<f32>(maxima, largestLane(max));
    maxima += 4;
  } while (maxima != end);
}

/** Copies bytes: saves a row and its block maxima, or restores them. */
export function copy(to: usize, from: usize, bytes: usize): void {
  memory.copy(to, from, bytes);
}
