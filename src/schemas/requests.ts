/**
 * The bodies of requests, for types and the OpenAPI document. What checks them are the same schemas in parts:
 * STEP_OPTIONS for the options, the row's own schemas for what is around the numbers.
 */
import * as z from "zod";
import { SOURCES_MAX } from "../kernels/kernel.ts";
import { SOURCE_OPTIONS } from "../sampling/options/combination-options.ts";
import { STEP_OPTIONS } from "../sampling/options/step-options.ts";
import { LOGITS } from "./row.ts";

const SOURCE = z.strictObject({ logits: LOGITS, ...SOURCE_OPTIONS.shape });

export const STEP_REQUEST = z
  .strictObject({
    logits: LOGITS.optional(),
    ...STEP_OPTIONS.shape,
    sources: z
      .array(SOURCE)
      .min(1)
      .max(SOURCES_MAX)
      .optional()
      .describe("Instead of `logits`: the rows that `combine` makes one of."),
  })
  .describe("One step: a row of logits, or several, and what to do with them.")
  .meta({ anyOf: [{ required: ["logits"] }, { required: ["sources"] }] });

export const BATCH_REQUEST = z
  .strictObject({
    rows: z
      .array(STEP_REQUEST)
      .min(1)
      .describe("The steps. What a row says itself wins over what they share."),
    ...STEP_OPTIONS.shape,
  })
  .describe("Many steps, with the options they share beside them.");
