/** `logit-sampler cover`: how often conformal sets hold the class that comes. */
import { commandLine, text } from "../command-line.ts";
import { type Command, called } from "./command.ts";
import { analysisOf } from "./rows/analyses.ts";
import { runAnalysis } from "./rows/analyze.ts";
import { readPart } from "./rows/documents.ts";
import { OUT_OPTION, passOptions, ROW_OPTIONS, SHARD_OPERANDS } from "./rows/words.ts";

const OPTIONS = {
  ...ROW_OPTIONS,
  ...OUT_OPTION,
  conformal: text("FILE", "the report of calibrate --conformal, or what /v1/calibrate replied", undefined),
  rows: text("FILE", "writes the set of every row there, a line of JSON each", undefined),
};

export const COVER: Command = {
  options: Object.keys(OPTIONS),
  async run(words) {
    const { values, operands } = commandLine(
      {
        name: called("cover"),
        about:
          "Makes the conformal set of every row, with a threshold that calibrate found on other rows, and tells how often the class that came was in it, with the 95 % interval of the true share, and how large sets are. Prints a report, or with --out keeps the sums, for merge.",
        options: OPTIONS,
        operands: SHARD_OPERANDS,
        epilogue: `Examples:

  logit-sampler calibrate --in validation/ --conformal aps --miscoverage 0.1 > aps.json
  logit-sampler cover --in test/ --conformal aps.json --rows sets.ndjson`,
      },
      words,
    );
    if (values.conformal === undefined) throw new Error("which sets? --conformal FILE");
    await runAnalysis({
      analysis: await analysisOf("cover"),
      options: { conformal: readPart(values.conformal, "conformal") },
      state: null,
      pass: passOptions(values, operands),
      ...values,
    });
  },
};
