/**
 * The options of the analysis endpoints, strict and with their ranges. The rows themselves never pass through zod.
 */

import * as z from "zod";
import { CALIBRATE_DEFAULTS } from "../analysis/calibration/calibrate.ts";
import { SCALING_METHODS } from "../analysis/calibration/scaling.ts";
import { TEMPERATURE_MAX, TEMPERATURE_MIN } from "../analysis/calibration/temperature.ts";
import { CONFORMAL_METHODS, type ConformalChoice, RAPS } from "../analysis/conformal.ts";
import { show } from "../errors.ts";
import { listOf, namedValues } from "../sampling/options/counted-fields.ts";
import { finite, flag, oneOf, rule, whole } from "../sampling/options/fields.ts";
import { canonicalSeed } from "../sampling/rng.ts";
import { CALIBRATION } from "../sampling/stages/calibration.ts";

const LABELS_MAX = 65_536;

const temperature = finite({ min: TEMPERATURE_MIN, max: TEMPERATURE_MAX });

const SCALING = {
  temperature: temperature
    .optional()
    .describe("Divides every logit before softmax. Default 1. Excludes `calibration`."),
  calibration: CALIBRATION.optional(),
};

const LABELS = listOf(z.string(rule("must be a string")), { noun: "strings", min: 1, max: LABELS_MAX })
  .refine((labels) => new Set(labels).size === labels.length, rule("must be distinct"))
  .optional()
  .describe("Names of the classes, by id; for rows of one logit the one name of “yes”.");

const threshold = finite({ min: 0, openMin: true, max: 1 });

const THRESHOLD = z
  .union(
    [
      threshold,
      listOf(threshold, { noun: "numbers", min: 1, max: LABELS_MAX }),
      namedValues(threshold, "label → number"),
    ],
    rule("must be a number of (0, 1], an array of one for each class, or an object of label → number"),
  )
  .optional()
  .describe(
    "Asks for a decision: the likeliest class that reaches its threshold is predicted, otherwise none. One number for all classes, an array by id, or an object by label (a class without a label in it is never predicted).",
  );

const spread = z.strictObject({ median: finite(), deviation: finite({ min: 0 }) });

/** The object that /v1/baseline replies with. */
export const BASELINE = z
  .strictObject({
    rows: whole({ min: 1 }).describe("Number of clean rows to which it was fitted."),
    temperature: temperature.describe("The temperature at which it was fitted."),
    false_positive_rate: finite({ min: 0, openMin: true, max: 0.5 }).describe(
      "Share of clean rows that may be flagged.",
    ),
    threshold: finite().describe("A row is flagged when its suspicion is larger than this."),
    features: z.strictObject({
      margin: spread,
      ln_entropy: spread,
      energy: spread,
      ln_varentropy: spread,
      logit_deviation: spread,
    }),
  })
  .describe("The statistics of clean rows, as /v1/baseline replies them.");

const CHOICE = {
  method: oneOf(CONFORMAL_METHODS).describe(
    "lac: by probability. aps: by the mass of less likely classes. raps: like aps, with a penalty on later ranks.",
  ),
  miscoverage: finite({ min: 0, max: 1, openMin: true, openMax: true })
    .default(0.1)
    .describe("Share of rows whose class may be missing from the set."),
  rank_penalty: finite({ min: 0 })
    .optional()
    .describe(
      `Option of raps: penalty for every rank after \`free_ranks\`; ${RAPS.rank_penalty} when absent.`,
    ),
  free_ranks: whole({ min: 0 })
    .optional()
    .describe(`Option of raps: number of ranks without a penalty; ${RAPS.free_ranks} when absent.`),
};

/** Options that only raps has are refused with other methods. */
function requireRaps(choice: ConformalChoice, { addIssue }: z.RefinementCtx): void {
  if (choice.method === "raps") return;
  for (const name of Object.keys(RAPS) as (keyof typeof RAPS)[])
    if (choice[name] !== undefined)
      addIssue({ code: "custom", path: [name], message: `is of method raps, got method ${choice.method}` });
}

const CONFORMAL_CHOICE = z.strictObject(CHOICE).superRefine(requireRaps);

/** The object that /v1/calibrate replies with. */
export const CONFORMAL = z
  .strictObject({
    ...CHOICE,
    threshold: finite()
      .nullable()
      .describe("Classes with at least this conformity are in the set; null: all classes are."),
    temperature: temperature.describe("The temperature at which it was found."),
    scaling: oneOf(SCALING_METHODS)
      .optional()
      .describe("Method that the `calibration` of the request must have, unless it is a single temperature."),
    rows: whole({ min: 1 }).describe("Number of rows on which it was found."),
  })
  .superRefine(requireRaps)
  .describe(
    "Asks for a set of classes that contains the true one with the calibrated coverage. Takes the `conformal` of a reply of /v1/calibrate.",
  );

export const PROBABILITIES_OPTIONS = z.strictObject({
  ...SCALING,
  labels: LABELS,
  threshold: THRESHOLD,
  conformal: CONFORMAL.optional(),
});

export const SCORE_OPTIONS = z.strictObject({
  ...SCALING,
  labels: LABELS.describe("Names of the classes, by id; for rows of one logit those of “no” and “yes”."),
  sampling: z
    .record(z.string(), z.unknown())
    .optional()
    .describe(
      "A chain, as /v1/sample takes it: the options of stages, `preset`, `chain`, `history`. Adds the probability that the chain gives each token.",
    ),
});

export const DIAGNOSE_OPTIONS = z.strictObject({
  ...SCALING,
  labels: LABELS,
  baseline: BASELINE.optional(),
});

export const BASELINE_OPTIONS = z.strictObject({
  ...SCALING,
  false_positive_rate: finite({ min: 0, openMin: true, max: 0.5 })
    .default(0.01)
    .describe("Share of clean rows that `suspicious` may flag; 0.01 needs at least 99 rows."),
});

export const CALIBRATE_OPTIONS = z.strictObject({
  method: oneOf(SCALING_METHODS)
    .default(CALIBRATE_DEFAULTS.method)
    .describe(
      "temperature_scaling: one temperature. bias_scaling: one temperature, and a bias per class. vector_scaling: a weight and a bias per class.",
    ),
  ridge: finite({ min: 0, max: 1e6 })
    .default(CALIBRATE_DEFAULTS.ridge)
    .describe(
      "Strength of L2 regularization: the mean loss grows by ridge/2 times the sum of the squares of the biases and of (weight − 1/T).",
    ),
  bins: whole({ min: 1, max: 1000 })
    .default(CALIBRATE_DEFAULTS.bins)
    .describe("Bins of the reliability diagram and of ECE."),
  binning: oneOf(["equal_width", "equal_mass"])
    .default(CALIBRATE_DEFAULTS.binning)
    .describe("Bins of equal width, or of equally many rows."),
  entropy_bins: whole({ min: 0, max: 1000 })
    .default(CALIBRATE_DEFAULTS.entropy_bins)
    .describe("Bins of a second diagram, over relative entropy; 0: none."),
  per_class: flag()
    .default(CALIBRATE_DEFAULTS.per_class)
    .describe(
      "Reports, for each class, how often it was predicted and how often it was the true one, and its calibration error.",
    ),
  conformal: CONFORMAL_CHOICE.optional().describe(
    "Finds the threshold of conformal sets, which contain the true class with the wanted coverage, for /v1/probabilities.",
  ),
  resamples: whole({ min: 0, max: 10_000 })
    .default(CALIBRATE_DEFAULTS.resamples)
    .describe("Number of bootstrap resamples for the intervals; 0: no intervals."),
  confidence_level: finite({ min: 0, max: 1, openMin: true, openMax: true })
    .default(CALIBRATE_DEFAULTS.level)
    .describe("Share of the resamples inside an interval."),
  seed: z
    .union([z.string(), z.number()])
    .transform((value, context) => {
      const seed = canonicalSeed(value);
      if (seed !== undefined) return seed;
      context.addIssue({
        code: "custom",
        message: `must be an integer of 64 bits, as a number or a decimal string, got ${show(value)}`,
      });
      return z.NEVER;
    })
    .default(CALIBRATE_DEFAULTS.seed)
    .describe("Seed of the resamples."),
});
