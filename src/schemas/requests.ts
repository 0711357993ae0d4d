/**
 * The bodies of requests, for types and the OpenAPI document. The same schemas validate requests in parts:
 * STEP_OPTIONS for the options, and the row's own schemas for everything around the numbers.
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
      .describe("In place of `logits`: the rows that `combine` turns into one."),
  })
  .describe("One step: a row of logits, or several, and the options of the step.")
  .meta({ anyOf: [{ required: ["logits"] }, { required: ["sources"] }] });

export const BATCH_REQUEST = z
  .strictObject({
    rows: z
      .array(STEP_REQUEST)
      .min(1)
      .describe("The rows with their own options, which win over the shared ones."),
    ...STEP_OPTIONS.shape,
  })
  .describe("Many steps, and the options that they share.");
