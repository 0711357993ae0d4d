/** `logit-sampler diagnose`: reports how certain the model is, over rows of logits. */
import { text } from "../command-line.ts";
import { readPart } from "./rows/json-files.ts";
import { summing } from "./rows/summing.ts";
import { SCALING_OPTIONS, scaling } from "./rows/words.ts";

export const DIAGNOSE = summing(
  {
    name: "diagnose",
    about:
      "Diagnoses rows of logits: verdicts, and mean, range and quantiles (within 0.8 %) of probability, margin, entropy, varentropy, energy and variance; with true classes, how often the model was right, and how often confidently wrong. Prints a report, or with --out writes the sums, for merge.",
    options: {
      ...SCALING_OPTIONS,
      baseline: text(
        "FILE",
        "a reply of /v1/baseline: rows that differ from its clean rows are counted as suspicious",
        undefined,
      ),
      rows: text("FILE", "file for the figures of every row, one line of JSON each", undefined),
    },
    epilogue: `Examples:

  logit-sampler diagnose --in steps.parquet --vocab-size 128256
  logit-sampler diagnose --in shards/ --baseline baseline.json --rows suspicious.ndjson
  logit-sampler diagnose --in shard-0007.npy --out shard-0007.partial.json`,
  },
  (values) => {
    const baseline = values.baseline !== undefined && { baseline: readPart(values.baseline, "baseline") };
    return { options: { ...scaling(values), ...baseline } };
  },
);
