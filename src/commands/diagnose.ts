/** `logit-sampler diagnose`: what rows say of a model's certainty. */
import { commandLine, text } from "../command-line.ts";
import { type Command, called } from "./command.ts";
import { analysisOf } from "./rows/analyses.ts";
import { runAnalysis } from "./rows/analyze.ts";
import { readPart } from "./rows/documents.ts";
import { ANALYSIS_OPTIONS, passOptions, ROW_OPTIONS, SHARD_OPERANDS, scaling } from "./rows/words.ts";

const OPTIONS = {
  ...ROW_OPTIONS,
  ...ANALYSIS_OPTIONS,
  baseline: text(
    "FILE",
    "what /v1/baseline replied: rows unlike its own are counted as suspicious",
    undefined,
  ),
  rows: text("FILE", "writes the figures of every row there, a line of JSON each", undefined),
};

export const DIAGNOSE: Command = {
  options: Object.keys(OPTIONS),
  async run(words) {
    const { values, operands } = commandLine(
      {
        name: called("diagnose"),
        about:
          "Looks at rows of logits: verdicts, and mean, range and quantiles (within 0.8 %) of probability, margin, entropy, varentropy, energy and variance; with classes that came, how often the model was right, and wrong with confidence. Prints a report, or with --out keeps the sums, for merge.",
        options: OPTIONS,
        operands: SHARD_OPERANDS,
        epilogue: `Examples:

  logit-sampler diagnose --in steps.parquet --vocab-size 128256
  logit-sampler diagnose --in shards/ --baseline baseline.json --rows suspicious.ndjson
  logit-sampler diagnose --in shard-0007.npy --out shard-0007.partial.json`,
      },
      words,
    );
    const baseline = values.baseline !== undefined && { baseline: readPart(values.baseline, "baseline") };
    await runAnalysis({
      analysis: await analysisOf("diagnose"),
      options: { ...scaling(values), ...baseline },
      state: null,
      pass: passOptions(values, operands),
      ...values,
    });
  },
};
