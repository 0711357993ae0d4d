/**
 * The element types in which logits may arrive: the one list from which all others come. Little-endian; all are
 * widened to f32 as they arrive, exactly.
 */

/** What is to be known of a type. */
interface DtypeFacts {
  /** of one element on the wire */
  readonly bytes: 1 | 2 | 4;
  /** the passes that widen it, any elements, or whole blocks along with their scan; undefined: it is f32 already */
  readonly widening: Widening | undefined;
}

export interface Widening {
  readonly elements: "widenF16" | "widenBF16";
  readonly blocks: "widenBlocksOfF16" | "widenBlocksOfBF16";
}

export const DTYPES = {
  f32: { bytes: 4, widening: undefined },
  f16: { bytes: 2, widening: { elements: "widenF16", blocks: "widenBlocksOfF16" } },
  bf16: { bytes: 2, widening: { elements: "widenBF16", blocks: "widenBlocksOfBF16" } },
} as const satisfies Record<string, DtypeFacts>;

export type Dtype = keyof typeof DTYPES;

/** In the order of the table. */
export const DTYPE_NAMES = Object.keys(DTYPES) as [Dtype, ...Dtype[]]; // Object.keys types its result as string
