/**
 * Types of little-endian numbers in files, and their conversion to numbers for computation. Halves are widened to
 * float32, exactly.
 */

export type Values = Float32Array | Float64Array;

/** Every element type that a column may have. */
export type Dtype =
  | "f64"
  | "f32"
  | "f16"
  | "bf16"
  | "i64"
  | "u64"
  | "i32"
  | "u32"
  | "i16"
  | "u16"
  | "i8"
  | "u8";

export const ELEMENT_BYTES: Readonly<Record<Dtype, number>> = {
  f64: 8,
  f32: 4,
  f16: 2,
  bf16: 2,
  i64: 8,
  u64: 8,
  i32: 4,
  u32: 4,
  i16: 2,
  u16: 2,
  i8: 1,
  u8: 1,
};

export const FLOATS: readonly Dtype[] = ["f64", "f32", "f16", "bf16"];

/** Converts elements of a type to numbers. Returns a view of the bytes when their alignment allows it. */
type Decode = (bytes: Uint8Array) => ArrayLike<number>;

const DECODERS: Readonly<Record<Dtype, Decode>> = {
  f64: (bytes) => typed(bytes, Float64Array),
  f32: (bytes) => typed(bytes, Float32Array),
  f16: (bytes) => halves(typed(bytes, Uint16Array)),
  bf16: (bytes) => bfloats(typed(bytes, Uint16Array)),
  i64: (bytes) => long(typed(bytes, Int32Array), typed(bytes, Uint32Array)),
  u64: (bytes) => long(typed(bytes, Uint32Array), typed(bytes, Uint32Array)),
  i32: (bytes) => typed(bytes, Int32Array),
  u32: (bytes) => typed(bytes, Uint32Array),
  i16: (bytes) => typed(bytes, Int16Array),
  u16: (bytes) => typed(bytes, Uint16Array),
  i8: (bytes) => typed(bytes, Int8Array),
  u8: (bytes) => bytes,
};

/** The numbers of whole elements. Valid as long as the bytes are. */
export function decodeNumbers(bytes: Uint8Array, dtype: Dtype): ArrayLike<number> {
  return DECODERS[dtype](bytes);
}

/** Like the above, for the types in FLOATS. */
export function decodeFloats(bytes: Uint8Array, dtype: Dtype): Values {
  const numbers = decodeNumbers(bytes, dtype);
  return numbers instanceof Float32Array || numbers instanceof Float64Array
    ? numbers
    : Float64Array.from(numbers);
}

interface TypedConstructor<Typed> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, offset: number, length: number): Typed;
}

function typed<Typed>(bytes: Uint8Array, type: TypedConstructor<Typed>): Typed {
  const { BYTES_PER_ELEMENT: size } = type;
  // Copies the bytes; Buffer's own slice() does not.
  const aligned = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes);
  return new type(aligned.buffer, aligned.byteOffset, Math.floor(aligned.length / size));
}

let floats16: Float32Array | undefined;

function float16(bits: number): number {
  const sign = bits >> 15 === 0 ? 1 : -1;
  const exponent = (bits >> 10) & 31;
  const mantissa = bits & 1023;
  if (exponent === 31) return mantissa === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return (sign * mantissa) / 16_777_216; // 2⁻²⁴
  return (sign * (1024 + mantissa) * (1 << exponent)) / 33_554_432; // 2⁻²⁵
}

/** All 65,536 halves, computed once. */
function halves(bits: Uint16Array): Float32Array {
  floats16 ??= Float32Array.from({ length: 65_536 }, (_, each) => float16(each));
  const values = floats16;
  const floats = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) floats[i] = values[bits[i]!]!;
  return floats;
}

function bfloats(bits: Uint16Array): Float32Array {
  const words = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) words[i] = bits[i]! << 16;
  return new Float32Array(words.buffer);
}

/** 64-bit integers from their upper and lower halves. Values beyond 2⁵³ are rounded; no class is that large. */
function long(high: ArrayLike<number>, low: Uint32Array): Float64Array {
  const numbers = new Float64Array(low.length >> 1);
  for (let i = 0; i < numbers.length; i++) numbers[i] = high[2 * i + 1]! * 4_294_967_296 + low[2 * i]!;
  return numbers;
}
