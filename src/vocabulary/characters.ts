/**
 * Sets of plain characters: one bit for each character of printable ASCII, and one bit for all characters beyond ASCII.
 */

/**
 * A set is three words. The bit of a printable ASCII byte is byte − 0x20; HIGH's bit stands for all characters beyond
 * ASCII.
 */
export type Characters = Uint32Array;

/** Stands for every character beyond ASCII. It uses the bit of DEL, which is not plain. */
export const HIGH = 0x7f;
export const WORDS_OF_CHARACTERS = 3;
const FIRST = 0x20;

export function noCharacters(): Characters {
  return new Uint32Array(WORDS_OF_CHARACTERS);
}

/** The empty set. It must not be written to. */
export const NO_CHARACTERS: Characters = noCharacters();

/** Adds a byte of printable ASCII, or HIGH, to the set whose words begin at `from`. */
export function addCharacter(words: Uint32Array, byte: number, from = 0): void {
  const bit = byte - FIRST;
  words[from + (bit >>> 5)]! |= 1 << (bit & 31);
}

/** Whether one set contains the set whose words begin at `from`. */
export function holdsAll(set: Characters, words: Uint32Array, from: number): boolean {
  const missing = (words[from]! & ~set[0]!) | (words[from + 1]! & ~set[1]!) | (words[from + 2]! & ~set[2]!);
  return missing === 0;
}
