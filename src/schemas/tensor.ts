/** What a binary body says of its tensor, in its header or in the query string, beside the options of the step. */
import * as z from "zod";
import { listOf } from "../sampling/options/counted-fields.ts";
import { finite, whole } from "../sampling/options/fields.ts";
import { DTYPE, SCALE } from "./row.ts";

/** Tensors of more dimensions are none of ours; what must be of how many, who reads the shape says. */
const DIMENSIONS_MAX = 8;

/** The shape of a tensor, each of its sizes at least `min`. */
export function shapeOf(min: number) {
  return listOf(whole({ min }), { noun: "whole numbers", max: DIMENSIONS_MAX });
}

export const TENSOR_FIELDS = z.strictObject({
  dtype: DTYPE.optional().describe(
    "Element type of the tensor, little-endian. f32 when a JSON header leaves it out; a query string must name it.",
  ),
  scale: SCALE.optional(),
  shape: shapeOf(1)
    .optional()
    .describe("[vocab_size] or [1, vocab_size] for one step, [rows, vocab_size] for a batch."),
});

export type TensorFields = z.infer<typeof TENSOR_FIELDS>;

/** What a header says of a row of which only some tokens follow. */
export const SPARSE_TENSOR = z
  .strictObject({
    count: whole({ min: 1 }).describe("How many tokens follow."),
    vocab_size: whole({ min: 1 }).optional().describe("Length of the whole row."),
    logsumexp: finite()
      .optional()
      .describe("ln Σ exp over the whole row: makes raw log-probabilities exact."),
    max_omitted: finite()
      .optional()
      .describe("No omitted logit is larger: lets a truncating chain be proven exact."),
  })
  .describe(
    "A sparse row: the body is `count` token ids (int32, little-endian, distinct, in any order) and then as many logits of `dtype`. Quickest with the largest logit first.",
  );

export type SparseFields = z.infer<typeof SPARSE_TENSOR>;

/** The tensor of one step. */
export const STEP_TENSOR_FIELDS = TENSOR_FIELDS.extend({ sparse: SPARSE_TENSOR.optional() });
