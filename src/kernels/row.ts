/**
 * The shape of one row of logits in wasm memory, as the kernels hand it out.
 * A row is leased when its bytes begin to arrive and returned when the answer is out; the kernels know
 * nothing of what the numbers are for.
 */

/** Element types a row may arrive in. All are widened to f32 as they arrive, exactly. */
export type Dtype = "f32" | "f16" | "bf16";

/** Bytes of one element on the wire. */
export const DTYPE_BYTES = { f32: 4, f16: 2, bf16: 2 } as const satisfies Record<Dtype, number>;
