/** `logit-sampler score`: reports how well rows predicted the true classes. */
import { text } from "../command-line.ts";
import { summing } from "./rows/summing.ts";
import { SCALING_OPTIONS, scaling } from "./rows/words.ts";

export const SCORE = summing(
  {
    name: "score",
    about:
      "Scores rows of logits against the classes that came: mean cross-entropy in nats and bits, perplexity, how often the class that came was the first or among the first, and how its loss spreads. Prints a report, or with --out keeps the sums, for merge.",
    options: {
      ...SCALING_OPTIONS,
      rows: text(
        "FILE",
        "writes log-probability and rank of every row there, a line of JSON each",
        undefined,
      ),
    },
    epilogue: `Examples:

  logit-sampler score --in steps.parquet
  logit-sampler score --in shards/ --temperature 1.4 --rows losses.ndjson
  logit-sampler score --in shard-0007.npy --out shard-0007.partial.json
  logit-sampler merge *.partial.json
  producer | logit-sampler score --in -`,
  },
  (values) => ({ options: scaling(values) }),
);
