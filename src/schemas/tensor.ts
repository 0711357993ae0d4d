/** What a binary body says of its tensor, in its header or in the query string, beside the options of the step. */
import { z } from "zod";
import { rule, whole } from "../sampling/fields.ts";
import { DTYPE } from "./row.ts";

export const TENSOR_FIELDS = z.strictObject({
  dtype: DTYPE.default("f32"),
  shape: z
    .array(whole({ min: 1 }), rule("must be an array of whole numbers"))
    .optional()
    .describe("[vocab_size] or [1, vocab_size] for one step, [rows, vocab_size] for a batch."),
});

export type TensorFields = z.infer<typeof TENSOR_FIELDS>;
