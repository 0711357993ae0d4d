/**
 * The JSON form of a row of logits. The wire's scanners read the elements of the arrays, so the schemas that
 * validate check only the fields around them. `LOGITS` describes the whole for the OpenAPI document.
 */
import * as z from "zod";
import { WIRE_DTYPES } from "../kernels/kernel.ts";
import { finite, oneOf, rule, whole } from "../sampling/options/fields.ts";

/** Names of the types in other libraries. */
const ELSEWHERE = {
  float32: "f32",
  float: "f32",
  fp32: "f32",
  float16: "f16",
  half: "f16",
  fp16: "f16",
  bfloat16: "bf16",
} as const;

export const DTYPE = oneOf(WIRE_DTYPES, ELSEWHERE).describe("Element type of the tensor, little-endian.");

export const SCALE = oneOf(["row", "block"]).describe(
  "Position of the scales, which i8 requires. `row`: a float32 before each row, then one int8 for each logit. `block`: a float16 before every 32 int8, as in the blocks of GGUF's Q8_0. A logit is the product of both, rounded to float32.",
);

/** The object `{dtype, data}`. `data` is decoded before this check, and an empty string stands in its place. */
export const PACKED_ROW = z.strictObject({
  dtype: DTYPE,
  scale: SCALE.optional(),
  data: z
    .string(rule("must be a string of base64"))
    .describe("The elements in base64 (RFC 4648, standard or URL-safe alphabet, no white space)."),
});

/** A number, or −∞ as text: JSON has no number for it. */
const LOGIT = { anyOf: [{ type: "number" }, { enum: ["-Infinity", "-inf"] }] } as const;

/** The object of a sparse row. `values` is read before this check, and an empty array stands in its place. */
export const SPARSE_ROW = z.strictObject({
  token_ids: z
    .custom<readonly unknown[]>(Array.isArray, rule("must be an array of token ids"))
    .describe("Distinct ids of the listed tokens, in any order.")
    .meta({ type: "array", items: { type: "integer", minimum: 0 } }),
  values: z
    .custom<readonly unknown[]>(Array.isArray, rule("must be an array of numbers"))
    .describe("Logits of these tokens, rounded to float32; -Infinity masks.")
    .meta({ type: "array", items: LOGIT }),
  vocab_size: whole({ min: 1 }).optional().describe("Length of the whole row."),
  logsumexp: finite()
    .optional()
    .describe("ln Σ exp over the whole row. It makes raw log-probabilities exact."),
  max_omitted: finite()
    .optional()
    .describe("Upper bound of the omitted logits: allows a proof that a truncating chain is exact."),
});

export const DENSE_ROW = z
  .custom<readonly number[]>()
  .describe(
    'One number for every token, rounded to float32 as Math.fround does. `-Infinity`, as Python\'s json module writes it, or the string `"-Infinity"`, which any JSON can hold, masks a token; NaN, Infinity and null are errors that name the index.',
  )
  .meta({ type: "array", items: LOGIT, minItems: 1 });

export const LOGITS = z
  .union([DENSE_ROW, PACKED_ROW, SPARSE_ROW])
  .describe(
    "The row of logits: dense numbers, packed bytes in base64, or a sparse list of the most likely tokens.",
  );
