/**
 * The bodies of requests, for types and the OpenAPI document. What checks them are the same schemas in parts:
 * STEP_OPTIONS for the options, the row's own schemas for what is around the numbers.
 */
import { z } from "zod";
import { STEP_OPTIONS } from "../sampling/options/step-options.ts";
import { LOGITS } from "./row.ts";

export const STEP_REQUEST = z
  .strictObject({ logits: LOGITS, ...STEP_OPTIONS.shape })
  .describe("One step: a row of logits and what to do with it.");

export const BATCH_REQUEST = z
  .strictObject({
    rows: z
      .array(STEP_REQUEST)
      .min(1)
      .describe("The steps. What a row says itself wins over what they share."),
    ...STEP_OPTIONS.shape,
  })
  .describe("Many steps, with the options they share beside them.");
