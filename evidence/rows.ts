/**
 * Rows to send: seeded pseudo-random logits with the spread of a language model's, as little-endian bytes of
 * each dtype. The same seed gives the same bytes on every run, so that runs can be compared.
 */

/** Normal logits with standard deviation 2.5, from a 32-bit multiplicative generator and Box and Muller's rule. */
export function randomRow(vocab_size: number, seed: number): Float32Array {
  let state = seed >>> 0;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  const row = new Float32Array(vocab_size);
  for (let i = 0; i < vocab_size; i++) {
    row[i] = 2.5 * Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  }
  return row;
}

export function f32Bytes(row: Float32Array): Buffer {
  return Buffer.from(row.buffer, row.byteOffset, row.byteLength);
}

/** The upper half of each float32: bfloat16, rounded towards zero. */
export function bf16Bytes(row: Float32Array): Buffer {
  const bits = new Uint32Array(row.buffer, row.byteOffset, row.length);
  return Buffer.from(Uint16Array.from(bits, (word) => word >>> 16).buffer);
}

/** float16, rounded towards zero; right for the normal range; smaller values become 0. */
export function f16Bytes(row: Float32Array): Buffer {
  const bits = new Uint32Array(row.buffer, row.byteOffset, row.length);
  return Buffer.from(Uint16Array.from(bits, halfOf).buffer);
}

/** Sign, exponent rebased from 127 to 15, and the upper 10 bits of the fraction. */
function halfOf(word: number): number {
  const sign = (word >>> 16) & 0x8000;
  const exponent = ((word >>> 23) & 0xff) - 127 + 15;
  return exponent <= 0 ? sign : sign | (exponent << 10) | ((word >>> 13) & 0x3ff);
}
