/** `logit-sampler detect`: which texts bear a watermark. */
import { commandLine, text } from "../command-line.ts";
import { type Command, called } from "./command.ts";
import { analysisOf } from "./rows/analyses.ts";
import type { Fields } from "./rows/analysis.ts";
import { runAnalysis } from "./rows/analyze.ts";
import { jsonOption, OUT_OPTION, passOptions, ROW_OPTIONS, SHARD_OPERANDS } from "./rows/words.ts";

const OPTIONS = {
  ...ROW_OPTIONS,
  ...OUT_OPTION,
  mark: text(
    "JSON",
    "the mark, as /v1/watermark/detect takes it: scheme, key and its options; JSON, or @FILE",
    undefined,
  ),
  rows: text("FILE", "writes score and p-value of every text there, a line of JSON each", undefined),
};

export const DETECT: Command = {
  options: Object.keys(OPTIONS),
  async run(words) {
    const { values, operands } = commandLine(
      {
        name: called("detect"),
        about:
          "Looks for a watermark in texts, given as token_ids and perhaps prompt_length, and tells how their p-values spread. Keys are those of WATERMARK_KEYS_FILE, named by their ids. Prints a report, or with --out keeps the sums, for merge.",
        options: OPTIONS,
        operands: SHARD_OPERANDS,
        epilogue: `Examples:

  WATERMARK_KEYS_FILE=keys logit-sampler detect --in texts.ndjson --mark '{"scheme": "gumbel", "key": "main"}'
  logit-sampler detect --in texts.parquet --mark @mark.json --vocab-size 128256 --rows verdicts.ndjson`,
      },
      words,
    );
    if (values.mark === undefined) throw new Error("which mark? --mark JSON");
    const vocab_size = values["vocab-size"];
    await runAnalysis({
      analysis: await analysisOf("detect"),
      // The schema says when the mark is none.
      options: {
        ...(jsonOption("--mark", values.mark) as Fields),
        ...(vocab_size !== undefined && { vocab_size }),
      },
      state: null,
      pass: passOptions(values, operands),
      ...values,
    });
  },
};
