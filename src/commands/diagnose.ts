/** `logit-sampler diagnose`: what rows say of a model's certainty. */
import { text } from "../command-line.ts";
import { readPart } from "./rows/documents.ts";
import { summing } from "./rows/summing.ts";
import { SCALING_OPTIONS, scaling } from "./rows/words.ts";

export const DIAGNOSE = summing(
  {
    name: "diagnose",
    about:
      "Looks at rows of logits: verdicts, and mean, range and quantiles (within 0.8 %) of probability, margin, entropy, varentropy, energy and variance; with classes that came, how often the model was right, and wrong with confidence. Prints a report, or with --out keeps the sums, for merge.",
    options: {
      ...SCALING_OPTIONS,
      baseline: text(
        "FILE",
        "what /v1/baseline replied: rows unlike its own are counted as suspicious",
        undefined,
      ),
      rows: text("FILE", "writes the figures of every row there, a line of JSON each", undefined),
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
