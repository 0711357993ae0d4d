/**
 * Philox4x32-10 (Salmon, Moraes, Dror and Shaw, Parallel Random Numbers: As Easy as 1, 2, 3, 2011), and the Gumbel noise
 * computed from its words. The kernel has the same over whole lists and rows (assembly/philox.ts), to the bit.
 */
import { ln } from "./float64.ts";
import type { Machine } from "./instance.ts";

/** A generator of one noise for each token: word `id & 3` of Philox(counter (id >> 2, …counter), key). */
export interface Noise {
  /** the last three words of the counter */
  readonly counter: readonly [number, number, number];
  readonly key: readonly [low: number, high: number];
  /** conversion of a word to u. true: 24 bits in float32, as in vLLM's watermarks; false: 32 bits in float64 */
  readonly coarse: boolean;
}

const FIRST = 0xd2511f53;
const THIRD = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;

/**
 * The upper half of the product of two words; `high` and `low` are the halves of one of them, so that no partial sum exceeds 32
 * bits.
 */
function upperHalf(high: number, low: number, x: number): number {
  const x_low = x & 0xffff;
  const x_high = x >>> 16;
  const middle = (Math.imul(high, x_low) + (Math.imul(low, x_low) >>> 16)) | 0;
  const other = (Math.imul(low, x_high) + (middle & 0xffff)) | 0;
  return (Math.imul(high, x_high) + (middle >>> 16) + (other >>> 16)) | 0;
}

/** Writes the four words to `to`. Words are taken modulo 2³². */
export function philox(
  counter_0: number,
  counter_1: number,
  counter_2: number,
  counter_3: number,
  key_0: number,
  key_1: number,
  to: Uint32Array,
): void {
  let x0 = counter_0 | 0;
  let x1 = counter_1 | 0;
  let x2 = counter_2 | 0;
  let x3 = counter_3 | 0;
  let k0 = key_0 | 0;
  let k1 = key_1 | 0;
  for (let round = 0; round < 10; round++) {
    const high_0 = upperHalf(0xd251, 0x1f53, x0);
    const low_0 = Math.imul(FIRST, x0);
    const high_1 = upperHalf(0xcd9e, 0x8d57, x2);
    const low_1 = Math.imul(THIRD, x2);
    x0 = high_1 ^ x1 ^ k0;
    x1 = low_1;
    x2 = high_0 ^ x3 ^ k1;
    x3 = low_0;
    k0 = (k0 + WEYL_0) | 0;
    k1 = (k1 + WEYL_1) | 0;
  }
  to[0] = x0;
  to[1] = x1;
  to[2] = x2;
  to[3] = x3;
}

const WORDS = new Uint32Array(4);

/** The word of one token. */
function wordOf({ counter, key }: Noise, token_id: number): number {
  philox(token_id >>> 2, counter[0], counter[1], counter[2], key[0], key[1], WORDS);
  return WORDS[token_id & 3]!;
}

/** u in (0, 1) from a word: 24 bits in float32, as in vLLM. */
export function coarseUniform(word: number): number {
  return Math.fround(((word >>> 8) + 1) / 16777217);
}

/** u in (0, 1) from all 32 bits of a word. */
function fineUniform(word: number): number {
  return (word + 0.5) / 4294967296;
}

/** u of one token. */
export function uniformOf(noise: Noise, token_id: number): number {
  const word = wordOf(noise, token_id);
  return noise.coarse ? coarseUniform(word) : fineUniform(word);
}

/** −ln(−ln u): a number of the standard Gumbel distribution for u of (0, 1). */
export function gumbelOf(u: number): number {
  return -ln(-ln(u));
}

/** Sets the generator of the kernel's next noises. */
export function configureNoise({ wasm }: Machine, { counter, key, coarse }: Noise): void {
  wasm.configureNoise(counter[0], counter[1], counter[2], key[0], key[1], coarse);
}
