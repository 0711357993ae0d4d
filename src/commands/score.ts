/** `logit-sampler score`: how well rows foresaw what came. */
import { commandLine, text } from "../command-line.ts";
import { type Command, called } from "./command.ts";
import { analysisOf } from "./rows/analyses.ts";
import { runAnalysis } from "./rows/analyze.ts";
import { ANALYSIS_OPTIONS, passOptions, ROW_OPTIONS, SHARD_OPERANDS, scaling } from "./rows/words.ts";

const OPTIONS = {
  ...ROW_OPTIONS,
  ...ANALYSIS_OPTIONS,
  rows: text("FILE", "writes log-probability and rank of every row there, a line of JSON each", undefined),
};

export const SCORE: Command = {
  options: Object.keys(OPTIONS),
  async run(words) {
    const { values, operands } = commandLine(
      {
        name: called("score"),
        about:
          "Scores rows of logits against the classes that came: mean cross-entropy in nats and bits, perplexity, how often the class that came was the first or among the first, and how its loss spreads. Prints a report, or with --out keeps the sums, for merge.",
        options: OPTIONS,
        operands: SHARD_OPERANDS,
        epilogue: `Examples:

  logit-sampler score --in steps.parquet
  logit-sampler score --in shards/ --temperature 1.4 --rows losses.ndjson
  logit-sampler score --in shard-0007.npy --out shard-0007.partial.json
  logit-sampler merge *.partial.json
  producer | logit-sampler score --in -`,
      },
      words,
    );
    await runAnalysis({
      analysis: await analysisOf("score"),
      options: scaling(values),
      state: null,
      pass: passOptions(values, operands),
      ...values,
    });
  },
};
