/** `logit-sampler replay`: whether logged tokens are those that their rows give. */
import { commandLine, text } from "../command-line.ts";
import { type Command, called } from "./command.ts";
import { analysisOf } from "./rows/analyses.ts";
import type { Fields } from "./rows/analysis.ts";
import { runAnalysis } from "./rows/analyze.ts";
import { jsonOption, OUT_OPTION, passOptions, ROW_OPTIONS, SHARD_OPERANDS } from "./rows/words.ts";

const OPTIONS = {
  ...ROW_OPTIONS,
  ...OUT_OPTION,
  options: text(
    "JSON",
    "options of every step, with its seed, as /v1/replay takes them: JSON, or @FILE",
    "{}",
  ),
  rows: text("FILE", "writes what became of every row there, a line of JSON each", undefined),
};

export const REPLAY: Command = {
  options: Object.keys(OPTIONS),
  async run(words) {
    const { values, operands } = commandLine(
      {
        name: called("replay"),
        about:
          "Takes the steps again that rows were logged of, and tells how many tokens are those that came (the row's target), how many miss by no more than the tolerance, and by how much others miss. A row's step is its `step`, or its number in its shard. Keys of watermarks are those of WATERMARK_KEYS_FILE. Prints a report, or with --out keeps the sums, for merge.",
        options: OPTIONS,
        operands: SHARD_OPERANDS,
        epilogue: `Examples:

  logit-sampler replay --in steps.parquet --options '{"temperature": 0.8, "top_p": 0.95, "seed": 7}'
  logit-sampler replay --in steps.parquet --options @host.json --rows replayed.ndjson`,
      },
      words,
    );
    await runAnalysis({
      ...values,
      analysis: await analysisOf("replay"),
      options: jsonOption("--options", values.options) as Fields, // the schema says when it is none
      state: null,
      pass: passOptions(values, operands),
    });
  },
};
