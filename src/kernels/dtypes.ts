/**
 * The encodings of rows of logits: the one list from which all others are derived. Little-endian; all elements are
 * widened to f32 as they arrive.
 *
 *   f32, f16, bf16 element, element, element …
 *   i8, scale row scale (f32), then an int8 for each element: the product of both, rounded to f32
 *   i8, scale block for each 32 elements: scale (f16), 32 int8, as the blocks of GGUF's Q8_0
 */

/** Position of the scales of a row. */
export type Scale = "row" | "block";

/** Properties of an encoding. A unit is the smallest part of a row that holds elements: `bytes` bytes of `elements` elements. */
interface EncodingFacts {
  /** its name on the wire */
  readonly dtype: string;
  readonly scale: Scale | undefined;
  /** bytes before the first unit: the scale of the row */
  readonly head_bytes: 0 | 4;
  readonly bytes: number;
  readonly elements: 1 | 32;
  /** the passes that widen unscaled elements; undefined: they are f32, or scaled */
  readonly widening: Widening | undefined;
}

export interface Widening {
  /** widens any elements */
  readonly elements: "widenF16" | "widenBF16";
  /** widens whole blocks of 128 along with their scan */
  readonly blocks: "widenBlocksOfF16" | "widenBlocksOfBF16";
}

const ALONE = { scale: undefined, head_bytes: 0, elements: 1 } as const;
const F16 = { elements: "widenF16", blocks: "widenBlocksOfF16" } as const;
const BF16 = { elements: "widenBF16", blocks: "widenBlocksOfBF16" } as const;
const I8 = { dtype: "i8", widening: undefined } as const;

/** Encodings without scales, by their dtype. */
export const DTYPES = {
  f32: { dtype: "f32", ...ALONE, bytes: 4, widening: undefined },
  f16: { dtype: "f16", ...ALONE, bytes: 2, widening: F16 },
  bf16: { dtype: "bf16", ...ALONE, bytes: 2, widening: BF16 },
} as const satisfies Record<string, EncodingFacts>;

/** All encodings. */
export const ENCODINGS = {
  ...DTYPES,
  i8_by_row: { ...I8, scale: "row", head_bytes: 4, bytes: 1, elements: 1 },
  i8_by_block: { ...I8, scale: "block", head_bytes: 0, bytes: 34, elements: 32 },
} as const satisfies Record<string, EncodingFacts>;

export type Dtype = keyof typeof DTYPES;
export type Encoding = keyof typeof ENCODINGS;
/** Valid values of `dtype`. */
export type WireDtype = (typeof ENCODINGS)[Encoding]["dtype"];

/** In the order of the table. */
export const DTYPE_NAMES = Object.keys(DTYPES) as [Dtype, ...Dtype[]]; // Object.keys types its result as string
export const ENCODING_NAMES = Object.keys(ENCODINGS) as [Encoding, ...Encoding[]]; // as above
export const WIRE_DTYPES = [...new Set(ENCODING_NAMES.map((name) => ENCODINGS[name].dtype))] as [
  WireDtype,
  ...WireDtype[], // the table is not empty
];

/** The encoding of this dtype and scale; undefined when there is none. */
export function encodingNamed(dtype: WireDtype, scale: Scale | undefined): Encoding | undefined {
  return ENCODING_NAMES.find((name) => ENCODINGS[name].dtype === dtype && ENCODINGS[name].scale === scale);
}

/** Bytes of a row with this number of elements. Not a whole number when its last unit would not be full. */
export function rowBytes(encoding: Encoding, elements: number): number {
  const facts = ENCODINGS[encoding];
  return facts.head_bytes + (elements / facts.elements) * facts.bytes;
}

/**
 * Elements of a row with this number of bytes. Not a whole number, or negative, when no row has that size.
 */
export function rowElements(encoding: Encoding, bytes: number): number {
  const facts = ENCODINGS[encoding];
  const units = (bytes - facts.head_bytes) / facts.bytes;
  return Number.isInteger(units) ? units * facts.elements : Number.NaN;
}
