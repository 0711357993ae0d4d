/**
 * The element types in which logits may arrive: the one list from which all others come. Little-endian; all are
 * widened to f32 as they arrive, exactly.
 */

/** What is to be known of a type. */
interface DtypeFacts {
  /** of one element on the wire */
  readonly bytes: 1 | 2 | 4;
  /** the pass that widens it; undefined: it is f32 already */
  readonly widen: "widenF16" | "widenBF16" | undefined;
}

export const DTYPES = {
  f32: { bytes: 4, widen: undefined },
  f16: { bytes: 2, widen: "widenF16" },
  bf16: { bytes: 2, widen: "widenBF16" },
} as const satisfies Record<string, DtypeFacts>;

export type Dtype = keyof typeof DTYPES;

/** In the order of the table. */
export const DTYPE_NAMES = Object.keys(DTYPES) as [Dtype, ...Dtype[]]; // Object.keys types its result as string
