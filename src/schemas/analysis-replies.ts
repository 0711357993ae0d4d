/** The bodies of analysis replies. src/analysis/tasks builds them; a test checks that both agree. */
import * as z from "zod";
import { CALIBRATION } from "../sampling/stages/calibration.ts";
import { BASELINE, CONFORMAL } from "./analysis.ts";

const nats = (what: string) => z.number().describe(`${what}, in nats.`);
const logprob = z.number().nullable().describe("ln p of the true class; null stands for −∞.");
const rank = z.int().describe("1 = the most likely class; among equal logits the lower id comes first.");
const log_odds = z.number().nullable();

const DECISION = z.strictObject({
  class_id: z.int().nullable().describe("The predicted class; null when no class reaches its threshold."),
  label: z.string().nullable().optional().describe("Name of the predicted class; with `labels`."),
  probability: z
    .number()
    .describe("Probability of the predicted class, or of the likeliest class when there is none."),
  threshold: z
    .number()
    .nullable()
    .describe("Threshold of that class; null when it has none and is never predicted."),
  threshold_log_odds: z.number().nullable().describe("The threshold as log-odds; null for a threshold of 1."),
});

const CLASSES = z.strictObject({
  probabilities: z.array(z.number()).optional().describe("Softmax by class id; absent from tensor replies."),
  log_odds: z
    .array(log_odds)
    .optional()
    .describe(
      "ln(p / (1 − p)) by class id, exact where p has long been rounded to 1; null for p = 0 and p = 1.",
    ),
  top_id: z.int().describe("The most likely class, ties to the lowest id."),
  entropy: nats("−Σ p ln p"),
  decision: DECISION.optional(),
  set: z.array(z.int()).optional().describe("Classes of the conformal set, ascending; with `conformal`."),
  covered: z.boolean().optional().describe("True when the set contains the true class; with `target`."),
});

const COVERAGE_INTERVAL = z
  .strictObject({ low: z.number(), high: z.number() })
  .describe("95 % confidence interval of the true share.");

const COVERAGE = z
  .strictObject({
    rows: z.int(),
    covered: z.int(),
    coverage: z.number(),
    interval: COVERAGE_INTERVAL,
    set_size: z.number().describe("Mean number of classes in a set."),
  })
  .describe("Share of the sets that contain the true class; with `conformal` and targets.");

const BINARY = z
  .strictObject({
    probability: z.number().describe("1 / (1 + e⁻ˣ)."),
    complement: z.number().describe("1 − p, computed apart, so that it is exact where p is rounded to 1."),
    log_odds: z.number().describe("The logit, divided by the temperature."),
    entropy: nats("−Σ p ln p"),
    decision: DECISION.optional(),
  })
  .describe("A row of one logit: the binary case.");

const PROBABILITIES = z.union([CLASSES, BINARY]);

const LOSS = {
  cross_entropy: nats("−ln p of the true class").nullable().describe("null stands for ∞."),
  cross_entropy_bits: z.number().nullable().describe("The same in bits."),
};

const SCORED = {
  label: z.string().optional().describe("Name of the true class; with `labels`."),
  logprob,
  rank,
  ...LOSS,
  processed_logprob: z
    .number()
    .nullable()
    .optional()
    .describe(
      "ln of the probability with which the chain draws the token; null when it removed it. With `sampling`.",
    ),
  is_kept: z.boolean().optional().describe("True when the chain kept the token."),
  kept: z.int().optional().describe("Number of tokens that the chain kept."),
  kept_mass: z
    .number()
    .optional()
    .describe("Share of the unchanged row's probability that the kept tokens hold."),
};

const SCORED_ROW = z.strictObject(SCORED);
const SCORE_OF_ROW = z.strictObject({ ...SCORED, perplexity: z.number().nullable() });

const MEAN_LOSS = {
  cross_entropy: z.number().nullable().describe("Mean of −ln p over the rows, in nats; null stands for ∞."),
  cross_entropy_bits: z.number().nullable().describe("The same in bits."),
  perplexity: z.number().nullable().describe("exp of the mean cross-entropy."),
};

const Z_SCORES = z.strictObject({
  margin: z.number().nullable(),
  ln_entropy: z.number().nullable(),
  energy: z.number().nullable(),
  ln_varentropy: z.number().nullable(),
  logit_deviation: z.number().nullable(),
});

const DIAGNOSIS = z.strictObject({
  top_id: z.int().describe("The most likely class, ties to the lowest id."),
  probability: z.number().describe("Its probability."),
  margin: nats("Log-odds of the first class against the second")
    .nullable()
    .describe("null: no second class."),
  entropy: nats("−Σ p ln p"),
  relative_entropy: z.number().describe("Entropy / ln n: 0 = certain, 1 = uniform."),
  varentropy: z.number().describe("Variance of ln p, in nats²."),
  energy: nats("ln Σ exp(x / T)"),
  logit_variance: z.number().describe("Variance of the logits that are not masked."),
  verdict: z
    .enum(["confident", "torn", "unsure"])
    .describe(
      "confident: one class holds 80 % or more. torn: two hold 80 % or more together and neither is small (margin at most ln 4). unsure: anything else.",
    ),
  label: z.string().optional().describe("Name of the most likely class; with `labels`."),
  confidently_wrong: z
    .boolean()
    .optional()
    .describe("True when the verdict is confident and the true class is another one; with `target`."),
  z_scores: Z_SCORES.optional().describe("(figure − median) / deviation of the clean rows; with `baseline`."),
  suspicion: z
    .number()
    .nullable()
    .optional()
    .describe("The largest z-score towards weaker evidence, of margin, entropy and energy; with `baseline`."),
  suspicious: z
    .boolean()
    .optional()
    .describe("The suspicion is above the baseline's threshold: a heuristic; with `baseline`."),
});

const interval = z.strictObject({ low: z.number(), high: z.number() });

const BIN = z.strictObject({
  lower: z.number(),
  upper: z.number().describe("Confidences of (lower, upper]."),
  rows: z.int(),
  confidence: z.number().nullable().describe("Mean confidence; null in an empty bin."),
  accuracy: z.number().nullable().describe("Share that was right; null in an empty bin."),
});

const QUALITY = z.strictObject({
  accuracy: z
    .number()
    .describe(
      "Share of rows whose likeliest class is the true one. A single temperature does not change it.",
    ),
  nll: nats("Mean cross-entropy"),
  brier: z.number().describe("Mean Σ (p − y)² over all classes, 0 … 2."),
  ece: z.number().describe("Expected calibration error."),
  mce: z.number().describe("Largest calibration gap of a bin."),
  classwise_ece: z
    .number()
    .nullable()
    .describe("ECE averaged over all classes, bins of equal width; null: not computed, as over shards."),
  overconfidence: z.number().describe("Mean confidence minus accuracy."),
  bins: z.array(BIN).describe("The reliability diagram."),
  entropy_bins: z
    .array(BIN)
    .optional()
    .describe(
      "A reliability diagram over relative entropy: lower and upper are of entropy / ln n; with `entropy_bins`.",
    ),
  classes: z
    .array(
      z.strictObject({
        class_id: z.int(),
        probability: z.number().describe("Mean over all rows."),
        frequency: z.number().describe("Share of rows in which this class is the true one."),
        ece: z.number().describe("Calibration error of this class."),
      }),
    )
    .optional()
    .describe("Each class; with `per_class`."),
});

const SCORE_OF_ROWS = z.strictObject({
  results: z.array(SCORED_ROW),
  rows: z.int().describe("How many rows."),
  ...MEAN_LOSS,
});
const PROBABILITIES_OF_ROWS = z.strictObject({
  results: z.array(PROBABILITIES),
  coverage: COVERAGE.optional(),
});
const DIAGNOSES_OF_ROWS = z.strictObject({ results: z.array(DIAGNOSIS) });

/** The alternatives of a reply have their own names, because client generators make classes from them. */
export const ANALYSIS_REPLIES = {
  CoverageInterval: COVERAGE_INTERVAL,
  Coverage: COVERAGE,
  ProbabilitiesOfRows: PROBABILITIES_OF_ROWS,
  ScoredRow: SCORED_ROW,
  ScoreOfRow: SCORE_OF_ROW,
  ScoreOfRows: SCORE_OF_ROWS,
  DiagnosesOfRows: DIAGNOSES_OF_ROWS,
  ClassProbabilities: CLASSES,
  BinaryProbability: BINARY,
  Diagnosis: DIAGNOSIS,
  Quality: QUALITY,
  ProbabilitiesReply: z
    .union([CLASSES, BINARY, PROBABILITIES_OF_ROWS])
    .describe("One row's probabilities, or those of each row."),
  ScoreReply: z.union([SCORE_OF_ROW, SCORE_OF_ROWS]).describe("Scores of the rows against the true classes."),
  DiagnoseReply: z
    .union([DIAGNOSIS, DIAGNOSES_OF_ROWS])
    .describe("One row's diagnosis, or that of each row."),
  CalibrateReply: z
    .strictObject({
      calibration: CALIBRATION,
      passes: z.int().describe("Number of passes of the solver over the set."),
      rows: z.int().describe("How many rows."),
      before: QUALITY,
      after: QUALITY,
      conformal: CONFORMAL.optional().describe("For /v1/probabilities; with `conformal`."),
      intervals: z
        .strictObject({ temperature: interval.optional(), ece_before: interval, ece_after: interval })
        .optional()
        .describe(
          "Bootstrap intervals; with `resamples`. The interval of a temperature comes with temperature_scaling only.",
        ),
    })
    .describe("The calibration with the smallest cross-entropy, and what it changes."),
  BaselineReply: z.strictObject({ baseline: BASELINE }).describe("A baseline for /v1/diagnose."),
};
