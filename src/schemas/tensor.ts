/**
 * The fields that describe the tensor of a binary body, in its header or in the query string, next to the options
 * of the step.
 */
import * as z from "zod";
import { listOf } from "../sampling/options/counted-fields.ts";
import { finite, whole } from "../sampling/options/fields.ts";
import { DTYPE, SCALE } from "./row.ts";

/** No tensor has more than 8 dimensions. Each reader checks the exact number. */
const DIMENSIONS_MAX = 8;

/** The shape of a tensor; each of its sizes is at least `min`. */
export function shapeOf(min: number) {
  return listOf(whole({ min }), { noun: "whole numbers", max: DIMENSIONS_MAX });
}

export const TENSOR_FIELDS = z.strictObject({
  dtype: DTYPE.optional().describe(
    "Element type of the tensor, little-endian. Default f32 in a JSON header; required in a query string.",
  ),
  scale: SCALE.optional(),
  shape: shapeOf(1)
    .optional()
    .describe("[vocab_size] or [1, vocab_size] for one step, [rows, vocab_size] for a batch."),
});

export type TensorFields = z.infer<typeof TENSOR_FIELDS>;

/** The header fields of a sparse row. */
export const SPARSE_TENSOR = z
  .strictObject({
    count: whole({ min: 1 }).describe("Number of listed tokens."),
    vocab_size: whole({ min: 1 }).optional().describe("Length of the whole row."),
    logsumexp: finite()
      .optional()
      .describe("ln Σ exp over the whole row. It makes raw log-probabilities exact."),
    max_omitted: finite()
      .optional()
      .describe("Upper bound of the omitted logits: allows a proof that a truncating chain is exact."),
  })
  .describe(
    "A sparse row: the body is `count` token ids (int32, little-endian, distinct, in any order) and then as many logits of `dtype`. Fastest with the largest logit first.",
  );

export type SparseFields = z.infer<typeof SPARSE_TENSOR>;

/** The tensor of one step. */
export const STEP_TENSOR_FIELDS = TENSOR_FIELDS.extend({ sparse: SPARSE_TENSOR.optional() });

/** The header field of a drafter's rows that come as one sparse matrix. */
export const DRAFT_SPARSE = z
  .strictObject({
    rows: whole({ min: 0 }).describe(
      "Number of rows: one for the root and one for each token with children, of all drafts in their order.",
    ),
    count: whole({ min: 0 }).describe("Number of listed tokens of all rows."),
    dtype: z.enum(["f32", "f16", "bf16"]).default("f32").describe("Type of the values. Default f32."),
  })
  .describe(
    "The drafter's rows as a sparse matrix (CSR) between the header and the rows of the target, little-endian: `rows` + 1 offsets (int64), `count` token ids (int32), as many values of `dtype`. Tokens that are not listed cannot be drawn.",
  );

export type DraftSparse = z.output<typeof DRAFT_SPARSE>;
