/**
 * The bodies of analysis requests, for the OpenAPI document: rows and their true classes, and each endpoint's options.
 */
import * as z from "zod";
import {
  BASELINE_OPTIONS,
  CALIBRATE_OPTIONS,
  DIAGNOSE_OPTIONS,
  PROBABILITIES_OPTIONS,
  SCORE_OPTIONS,
} from "./analysis.ts";
import { DENSE_ROW, PACKED_ROW } from "./row.ts";
import { TENSOR_FIELDS } from "./tensor.ts";

const LOGITS = z
  .union([DENSE_ROW, PACKED_ROW])
  .describe(
    "A row of logits: dense numbers, or packed bytes in base64. One number alone is the binary case.",
  );

const CLASS = z.union([z.int().min(0), z.string()]);

const target = CLASS.optional().describe(
  "The true class (token), by id, or with `labels` by its label; 0 or 1 when the row is one logit.",
);

const targets = z.array(CLASS).optional().describe("The true class of each row, for `rows`.");

const vocab_size = z
  .int()
  .min(1)
  .optional()
  .describe("Number of real classes when rows are padded: logits past it are not read.");

/** One row under `logits`, or many under `rows`. */
const ROWS = {
  logits: LOGITS.optional().describe("One row. Excludes `rows`."),
  target,
  rows: z
    .array(z.strictObject({ logits: LOGITS, target }))
    .min(1)
    .optional()
    .describe("Many rows. Excludes `logits`."),
  targets,
  vocab_size,
};

/** The JSON header of a tensor. */
const TENSOR_ROWS = { ...TENSOR_FIELDS.shape, target, targets, vocab_size };

export const ANALYSIS_REQUESTS = {
  ProbabilitiesRequest: z
    .strictObject({ ...ROWS, ...PROBABILITIES_OPTIONS.shape })
    .describe("Rows of logits, and what to decide from them."),
  ScoreRequest: z
    .strictObject({ ...ROWS, ...SCORE_OPTIONS.shape })
    .describe("Rows of logits with their true classes."),
  DiagnoseRequest: z
    .strictObject({ ...ROWS, ...DIAGNOSE_OPTIONS.shape })
    .describe("Rows of logits to diagnose."),
  CalibrateRequest: z
    .strictObject({ ...ROWS, ...CALIBRATE_OPTIONS.shape })
    .describe("Validation rows with their true classes. Log-probabilities work as well as logits."),
  BaselineRequest: z
    .strictObject({ ...ROWS, ...BASELINE_OPTIONS.shape })
    .describe("Clean rows of logits: the model's output on inputs known to be unmanipulated."),
};

/** The JSON header of a tensor of rows, and the same options in a query string. */
export const ANALYSIS_HEADERS = {
  Probabilities: z.strictObject({ ...TENSOR_ROWS, ...PROBABILITIES_OPTIONS.shape }),
  Score: z.strictObject({ ...TENSOR_ROWS, ...SCORE_OPTIONS.shape }),
  Diagnose: z.strictObject({ ...TENSOR_ROWS, ...DIAGNOSE_OPTIONS.shape }),
  Calibrate: z.strictObject({ ...TENSOR_ROWS, ...CALIBRATE_OPTIONS.shape }),
  Baseline: z.strictObject({ ...TENSOR_ROWS, ...BASELINE_OPTIONS.shape }),
};
