/** `logit-sampler calibrate`: the temperature, or the weights and biases of classes, that make probabilities honest. */
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
      "Finds the temperature that makes probabilities honest, or with --method a bias or a weight and a bias a class, and judges them before and after: accuracy, cross-entropy, Brier score, calibration errors, reliability bins, intervals. The search reads all rows some six times, up to thirty with biases, and once more to judge.\n\nOver shards it goes in rounds: each writes the sums of its rows with --out, merge adds them up and says what the next round sums, and the last merge gives the report.",
    options: {
      after: text(
        "FILE",
        "with --out: what merge said after the round before, which says what this one sums",
        undefined,
      ),
      method: text<string>(
        "METHOD",
        `what is fitted: ${SCALING_METHODS.join(", ")}; one number, with it a bias a class, or a weight and a bias a class`,
        method,
      ),
      ridge: positive(
        "N",
        "with biases: holds classes together, for rows in which some hardly come; 0: not at all",
        ridge,
      ),
      bins: count("N", "bins of the reliability diagram and of ECE, of equal width", bins),
      "entropy-bins": count("N", "bins of a second diagram, over relative entropy; 0: none", entropy_bins, 0),
      "per-class": flag("tells how often each class was foreseen and came, and its calibration error"),
      conformal: text(
        "METHOD",
        `finds the threshold of sets that hold the class that comes, for cover: ${CONFORMAL_METHODS.join(", ")}`,
        undefined,
      ),
      miscoverage: positive(
        "SHARE",
        "with --conformal: of rows whose class may be missing; else 0.1",
        undefined,
      ),
      "rank-penalty": positive(
        "N",
        `of raps, for every rank behind --free-ranks; else ${RAPS.rank_penalty}`,
        undefined,
      ),
      "free-ranks": count("N", `of raps: ranks without a penalty; else ${RAPS.free_ranks}`, undefined, 0),
      resamples: count("N", "bootstrap resamples behind the intervals; 0: no intervals", resamples, 0),
      "confidence-level": positive("P", "share of the resamples inside an interval", level),
      seed: text("SEED", "of the resamples", seed),
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
    // All rounds have the options of the first.
    if (after === undefined) return { options: own };
    return { options: after.options, state: after.state, before: after.before };
  },
);

/** What is asked of conformal sets; whatever of it is given goes to the schema, which refuses what has no method. */
function conformalOf(values: Readonly<Record<string, unknown>>): object {
  const conformal = {
    method: values["conformal"],
    miscoverage: values["miscoverage"],
    rank_penalty: values["rank-penalty"],
    free_ranks: values["free-ranks"],
  };
  return Object.values(conformal).some((value) => value !== undefined) ? { conformal } : {};
}
