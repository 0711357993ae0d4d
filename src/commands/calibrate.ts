/**
 * `logit-sampler calibrate`: finds the temperature, or the weights and biases per class, that calibrate the
 * probabilities.
 */
import { CALIBRATE_DEFAULTS } from "../analysis/calibration/calibrate.ts";
import { SCALING_METHODS } from "../analysis/calibration/scaling.ts";
import { CONFORMAL_METHODS, RAPS } from "../analysis/conformal.ts";
import { count, flag, positive, text } from "../command-line.ts";
import { readState } from "./rows/documents.ts";
import { summing } from "./rows/summing.ts";

const { method, ridge, bins, entropy_bins, resamples, level, seed } = CALIBRATE_DEFAULTS;

export const CALIBRATE = summing(
  {
    name: "calibrate",
    about:
      "Finds the temperature that calibrates the probabilities, or with --method a bias, or a weight and a bias, per class. Evaluates the rows before and after: accuracy, cross-entropy, Brier score, calibration errors, reliability bins, intervals. The search reads all rows some six times, up to thirty with biases, and once more for the evaluation.\n\nFor shards on several machines it runs in rounds: each process writes the sums of its rows with --out, merge adds them up and prints the state for the next round, and the last merge prints the report.",
    options: {
      after: text("FILE", "with --out: the output of merge after the previous round", undefined),
      method: text<string>(
        "METHOD",
        `method: ${SCALING_METHODS.join(", ")}; one temperature; a temperature and a bias per class; a weight and a bias per class`,
        method,
      ),
      ridge: positive(
        "N",
        "with biases: strength of L2 regularization, for rows in which some classes are rare; 0: none",
        ridge,
      ),
      bins: count("N", "bins of the reliability diagram and of ECE, of equal width", bins),
      "entropy-bins": count("N", "bins of a second diagram, over relative entropy; 0: none", entropy_bins, 0),
      "per-class": flag(
        "reports, for each class, how often it was predicted and how often it was the true one, and its calibration error",
      ),
      conformal: text(
        "METHOD",
        `finds the threshold of conformal sets, for cover: ${CONFORMAL_METHODS.join(", ")}`,
        undefined,
      ),
      miscoverage: positive(
        "SHARE",
        "with --conformal: share of rows whose true class may be missing; default 0.1",
        undefined,
      ),
      "rank-penalty": positive(
        "N",
        `for raps: penalty for every rank after --free-ranks; default ${RAPS.rank_penalty}`,
        undefined,
      ),
      "free-ranks": count(
        "N",
        `for raps: number of ranks without a penalty; default ${RAPS.free_ranks}`,
        undefined,
        0,
      ),
      resamples: count("N", "number of bootstrap resamples for the intervals; 0: no intervals", resamples, 0),
      "confidence-level": positive("P", "share of the resamples inside an interval", level),
      seed: text("SEED", "seed of the resamples", seed),
    },
    epilogue: `Examples:

  logit-sampler calibrate --in validation.parquet
  logit-sampler calibrate --in shards/ --per-class --entropy-bins 10
  logit-sampler calibrate --in shards/ --method vector_scaling --ridge 0.01 > vector.json
  logit-sampler score --in test/ --calibration vector.json

  logit-sampler calibrate --in shard-0007.npy --out round-0/shard-0007.partial.json
  logit-sampler merge round-0/*.partial.json > round-0.json
  logit-sampler calibrate --in shard-0007.npy --after round-0.json --out round-1/shard-0007.partial.json
  … until merge prints a report, "kind": "report"`,
  },
  (values) => {
    const after = values.after === undefined ? undefined : readState(values.after);
    const own = {
      method: values.method,
      ridge: values.ridge,
      bins: values.bins,
      entropy_bins: values["entropy-bins"],
      per_class: values["per-class"],
      resamples: values.resamples,
      confidence_level: values["confidence-level"],
      seed: values.seed,
      ...conformalOf(values),
    };
    // All rounds use the options of the first.
    if (after === undefined) return { options: own };
    return { options: after.options, state: after.state, before: after.before };
  },
);

/** The options of conformal sets. All given ones are passed to the schema, which refuses them without a method. */
function conformalOf(values: Readonly<Record<string, unknown>>): object {
  const conformal = {
    method: values["conformal"],
    miscoverage: values["miscoverage"],
    rank_penalty: values["rank-penalty"],
    free_ranks: values["free-ranks"],
  };
  return Object.values(conformal).some((value) => value !== undefined) ? { conformal } : {};
}
