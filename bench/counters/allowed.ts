/**
 * Upper bounds of the cost of a step and of a request, in counts and not in seconds. CI checks the code against this
 * table. Each bound lies a little above the present count. A change that makes something cheaper lowers its bound; a
 * change that raises a bound gives the reason in bench/LOG.md.
 */

export interface StepBounds {
  /** calls of wasm functions in a step over 32,000 logits, from the first value to the reply */
  readonly calls: number;
  /** wasm memory accesses for each four logits of the row; reading the row once is 1 */
  readonly accesses: number;
  /** bytes of JavaScript's heap in a step */
  readonly bytes: number;
}

/** By chain and kind of row. */
export const STEP_BOUNDS: Readonly<Record<string, Readonly<Record<"peaked" | "flat", StepBounds>>>> = {
  greedy: {
    peaked: { calls: 4, accesses: 1.2, bytes: 2000 },
    flat: { calls: 4, accesses: 1.2, bytes: 2000 },
  },
  temperature: {
    peaked: { calls: 10, accesses: 9.6, bytes: 3000 },
    flat: { calls: 10, accesses: 9.6, bytes: 3000 },
  },
  top_p: {
    peaked: { calls: 18, accesses: 5.4, bytes: 6000 },
    flat: { calls: 28, accesses: 20.5, bytes: 10_000 },
  },
  cuts: {
    peaked: { calls: 11, accesses: 1.7, bytes: 3500 },
    flat: { calls: 11, accesses: 1.7, bytes: 3000 },
  },
  edits: {
    peaked: { calls: 22, accesses: 3.6, bytes: 4000 },
    flat: { calls: 22, accesses: 3.6, bytes: 4000 },
  },
  logprobs: {
    peaked: { calls: 22, accesses: 9.5, bytes: 12_000 },
    flat: { calls: 22, accesses: 9.5, bytes: 12_000 },
  },
};

export interface RequestBounds {
  readonly page_faults: number;
  readonly major_collections: number;
  readonly minor_collections: number;
}

/**
 * Bounds for a request to a warm worker, by scenario; collections are per 1,000 requests. Without the malloc settings
 * of the primary, page faults are 3 and more, and 5 for the batch.
 */
export const REQUEST_BOUNDS: Readonly<Record<string, RequestBounds>> = {
  "JSON numbers, 32000": { page_faults: 2, major_collections: 2, minor_collections: 15 },
  "f32, 32000": { page_faults: 2, major_collections: 2, minor_collections: 5 },
  "f32, 128256": { page_faults: 2, major_collections: 2, minor_collections: 10 },
  "f16, 128256": { page_faults: 2, major_collections: 2, minor_collections: 10 },
  "bf16, 128256": { page_faults: 2, major_collections: 2, minor_collections: 10 },
  "sparse JSON, 1024 of 128256": { page_faults: 2, major_collections: 2, minor_collections: 8 },
  "batch f16, 16 x 32000": { page_faults: 4, major_collections: 2, minor_collections: 30 },
};
