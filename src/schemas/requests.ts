/**
 * The bodies of requests, for types and the OpenAPI document. What checks them are the same schemas in parts:
 * STEP_OPTIONS for the options, the row's own schemas for what is around the numbers.
 */
import { z } from "zod";
import { STEP_OPTIONS } from "../sampling/step-options.ts";
import { LOGITS } from "./row.ts";
import { STEP_TENSOR_FIELDS, TENSOR_FIELDS } from "./tensor.ts";

export const STEP_REQUEST = z
  .strictObject({ logits: LOGITS, ...STEP_OPTIONS.shape })
  .describe("One step: a row of logits and what to do with it.")
  .meta({ examples: [{ logits: [1, 2.5, -0.3, 2.4], temperature: 0.8, top_p: 0.9, seed: 7, step: 3 }] });

export const BATCH_REQUEST = z
  .strictObject({
    rows: z
      .array(STEP_REQUEST)
      .min(1)
      .describe("The steps. What a row says itself wins over what they share."),
    ...STEP_OPTIONS.shape,
  })
  .describe("Many steps, with the options they share beside them.")
  .meta({
    examples: [
      {
        temperature: 0.8,
        rows: [
          { logits: [1, 2.5, -0.3, 2.4], seed: 7 },
          { logits: [0.1, 0.2], seed: 8, temperature: 0 },
        ],
      },
    ],
  });

export const STEP_HEADER = z
  .strictObject({ ...STEP_TENSOR_FIELDS.shape, ...STEP_OPTIONS.shape })
  .describe(
    "The JSON in front of a tensor: its dtype, its shape if you like it checked, and the step's options.",
  )
  .meta({
    examples: [
      { dtype: "f16", temperature: 0.8, top_k: 40, seed: 7, step: 3 },
      { sparse: { count: 1024, vocab_size: 128256, logsumexp: 23.1, max_omitted: 3.2 }, top_k: 40, seed: 7 },
    ],
  });

export const BATCH_HEADER = z
  .strictObject({
    ...TENSOR_FIELDS.shape,
    rows: z.array(STEP_OPTIONS).optional().describe("Options of each row, as many as the tensor has rows."),
    ...STEP_OPTIONS.shape,
  })
  .describe("The JSON in front of the tensor of a batch: its shape, and options for all rows or for each.")
  .meta({
    examples: [{ dtype: "bf16", shape: [2, 128256], temperature: 0.8, rows: [{ seed: 7 }, { seed: 8 }] }],
  });
