/** The bodies of analysis requests, for the OpenAPI document: rows and their classes beside each endpoint's options. */
import { z } from "zod";
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
  "The class (token) that really came, by id, or with `labels` by its label; 0 or 1 when the row is one logit.",
);

const targets = z.array(CLASS).optional().describe("The class of each row, when there are many.");

const vocab_size = z
  .int()
  .min(1)
  .optional()
  .describe("Number of real classes when rows are padded: what lies behind is not read.");

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

/** The JSON in front of a tensor. */
const TENSOR_ROWS = { ...TENSOR_FIELDS.shape, target, targets, vocab_size };

const TERNARY = [2.1, 0.3, -1.2];

export const ANALYSIS_REQUESTS = {
  ProbabilitiesRequest: z
    .strictObject({ ...ROWS, ...PROBABILITIES_OPTIONS.shape })
    .describe("Rows of logits, and what to decide from them.")
    .meta({ examples: [{ logits: [3.2, 1.3, 0.2], labels: ["cat", "dog", "bird"], threshold: 0.95 }] }),
  ProbabilitiesHeader: z
    .strictObject({ ...TENSOR_ROWS, ...PROBABILITIES_OPTIONS.shape })
    .describe("The JSON in front of a tensor of rows.")
    .meta({ examples: [{ dtype: "f32", shape: [64, 1000], temperature: 1.3 }] }),
  ScoreRequest: z
    .strictObject({ ...ROWS, ...SCORE_OPTIONS.shape })
    .describe("Rows of logits with the classes that came.")
    .meta({
      examples: [
        {
          rows: [
            { logits: TERNARY, target: 0 },
            { logits: TERNARY, target: 1 },
          ],
        },
      ],
    }),
  ScoreHeader: z
    .strictObject({ ...TENSOR_ROWS, ...SCORE_OPTIONS.shape })
    .describe("The JSON in front of a tensor of rows.")
    .meta({ examples: [{ dtype: "bf16", shape: [2, 128256], targets: [11, 287] }] }),
  DiagnoseRequest: z
    .strictObject({ ...ROWS, ...DIAGNOSE_OPTIONS.shape })
    .describe("Rows of logits to be looked at.")
    .meta({ examples: [{ logits: TERNARY, labels: ["cat", "dog", "bird"], target: 1 }] }),
  DiagnoseHeader: z
    .strictObject({ ...TENSOR_ROWS, ...DIAGNOSE_OPTIONS.shape })
    .describe("The JSON in front of a tensor of rows."),
  CalibrateRequest: z
    .strictObject({ ...ROWS, ...CALIBRATE_OPTIONS.shape })
    .describe("Validation rows with the classes that came. Log-probabilities do as well as logits.")
    .meta({
      examples: [
        {
          rows: [
            { logits: [4, 0], target: 0 },
            { logits: [3, 0], target: 0 },
            { logits: [5, 0], target: 1 },
            { logits: [0, 2], target: 1 },
          ],
          resamples: 0,
        },
      ],
    }),
  CalibrateHeader: z
    .strictObject({ ...TENSOR_ROWS, ...CALIBRATE_OPTIONS.shape })
    .describe("The JSON in front of a tensor of rows.")
    .meta({ examples: [{ dtype: "f16", shape: [4, 10], targets: [3, 1, 4, 1], binning: "equal_mass" }] }),
  BaselineRequest: z
    .strictObject({ ...ROWS, ...BASELINE_OPTIONS.shape })
    .describe("Clean rows of logits: what the model says to inputs that nobody tampered with."),
  BaselineHeader: z
    .strictObject({ ...TENSOR_ROWS, ...BASELINE_OPTIONS.shape })
    .describe("The JSON in front of a tensor of rows.")
    .meta({ examples: [{ dtype: "f32", shape: [2000, 10], false_positive_rate: 0.05 }] }),
};
