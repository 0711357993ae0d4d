/** 16-bit tensors of numbers that they hold exactly. */

/** bfloat16: the upper half of a float32. */
export function bf16(values: readonly number[]): Buffer {
  const bits = new Uint32Array(Float32Array.from(values).buffer);
  return Buffer.from(Uint16Array.from(bits, (word) => word >>> 16).buffer);
}

/** float16 of numbers in its normal range, and of 0. */
export function f16(values: readonly number[]): Buffer {
  const bits = new Uint32Array(Float32Array.from(values).buffer);
  return Buffer.from(Uint16Array.from(bits, halfOf).buffer);
}

/** Sign, exponent rebased from 127 to 15, upper 10 bits of the fraction. */
function halfOf(word: number): number {
  const sign = (word >>> 16) & 0x8000;
  const exponent = ((word >>> 23) & 0xff) - 127 + 15;
  return exponent <= 0 ? sign : sign | (exponent << 10) | ((word >>> 13) & 0x3ff);
}
