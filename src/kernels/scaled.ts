/**
 * Rows of int8 elements with scales, read as their bytes arrive. Each product of a scale and an int8 is exact in
 * float64 and rounded to float32 once, like numpy's `scale * q.astype(np.float32)` and GGUF's tools for Q8_0. A NaN or
 * an infinite scale gives NaN and infinities, which the row refuses.
 */
import { ENCODINGS, type Scale } from "./dtypes.ts";

const { bytes: BLOCK_BYTES, elements: BLOCK_ELEMENTS } = ENCODINGS.i8_by_block;
const { head_bytes: HEAD_BYTES } = ENCODINGS.i8_by_row;
const BLOCK_SCALE_BYTES = BLOCK_BYTES - BLOCK_ELEMENTS;

export class ScaledElements {
  /** bytes of an incomplete scale or block: 0 at a valid end */
  odd_bytes = 0;
  received_bytes = 0;
  readonly #of: Scale;
  readonly #odd = new Uint8Array(BLOCK_BYTES);
  readonly #odd_elements = new Int8Array(this.#odd.buffer);
  /** of the row, once it is known */
  #scale: number | undefined;

  constructor(of: Scale) {
    this.#of = of;
  }

  /**
   * Takes the next bytes; writes elements after the first `length` values. Returns their new number; undefined, and nothing is
   * written, when there would be too many.
   */
  write(bytes: Uint8Array, values: Float32Array, length: number): number | undefined {
    this.received_bytes += bytes.length;
    return this.#of === "row" ? this.#ofRow(bytes, values, length) : this.#ofBlocks(bytes, values, length);
  }

  #ofRow(bytes: Uint8Array, values: Float32Array, length: number): number | undefined {
    const from = this.#scale === undefined ? this.#fill(bytes, 0, HEAD_BYTES) : 0;
    if (this.#scale === undefined) {
      if (this.odd_bytes < HEAD_BYTES) return length;
      this.#scale = new DataView(this.#odd.buffer).getFloat32(0, true);
      this.odd_bytes = 0;
    }
    const count = bytes.length - from;
    if (length + count > values.length) return undefined;
    multiply(this.#scale, signed(bytes), from, count, values, length);
    return length + count;
  }

  #ofBlocks(bytes: Uint8Array, values: Float32Array, length: number): number | undefined {
    const blocks = Math.floor((this.odd_bytes + bytes.length) / BLOCK_BYTES);
    const blocks_max = Math.floor(values.length / BLOCK_ELEMENTS) - length / BLOCK_ELEMENTS;
    const left = this.odd_bytes + bytes.length - blocks * BLOCK_BYTES;
    if (blocks > blocks_max || (blocks === blocks_max && left > 0)) return undefined;
    const elements = signed(bytes);
    let from = 0;
    let at = length;
    while (from < bytes.length) {
      const is_whole = this.odd_bytes === 0 && bytes.length - from >= BLOCK_BYTES;
      const block = is_whole ? from : 0;
      from = is_whole ? from + BLOCK_BYTES : this.#fill(bytes, from, BLOCK_BYTES);
      if (!is_whole && this.odd_bytes < BLOCK_BYTES) break;
      const source = is_whole ? bytes : this.#odd;
      const scale = floatOfHalf(source[block]! | (source[block + 1]! << 8));
      const q = is_whole ? elements : this.#odd_elements;
      multiply(scale, q, block + BLOCK_SCALE_BYTES, BLOCK_ELEMENTS, values, at);
      at += BLOCK_ELEMENTS;
      if (!is_whole) this.odd_bytes = 0;
    }
    return at;
  }

  /** Adds bytes to the incomplete part, up to `size`; returns the index after them. */
  #fill(bytes: Uint8Array, from: number, size: number): number {
    const part = bytes.subarray(from, from + size - this.odd_bytes);
    this.#odd.set(part, this.odd_bytes);
    this.odd_bytes += part.length;
    return from + part.length;
  }
}

/** The elements may lie in the memory of `values`, after the written ones. */
function multiply(
  scale: number,
  elements: Int8Array,
  from: number,
  count: number,
  values: Float32Array,
  at: number,
): void {
  for (let i = 0; i < count; i++) values[at + i] = scale * elements[from + i]!;
}

function signed({ buffer, byteOffset, length }: Uint8Array): Int8Array {
  return new Int8Array(buffer, byteOffset, length);
}

const WORD = new Uint32Array(1);
const FLOAT = new Float32Array(WORD.buffer);
/** 2¹¹²: the factor for an f16 whose exponent and fraction were moved to the places of an f32 */
const HALF_SCALE = 5192296858534828e18;

/** f16 to f32, exactly. */
export function floatOfHalf(half: number): number {
  const sign = half >= 0x8000 ? -1 : 1;
  const is_special = (half & 0x7c00) === 0x7c00;
  WORD[0] = ((half & 0x7fff) << 13) | (is_special ? 0x7f800000 : 0);
  return sign * (is_special ? FLOAT[0]! : FLOAT[0]! * HALF_SCALE);
}
