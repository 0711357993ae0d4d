/** `logit-sampler replay`: checks whether logged tokens are those that their rows give. */
import { text } from "../command-line.ts";
import type { Fields } from "./rows/analysis.ts";
import { summing } from "./rows/summing.ts";
import { jsonOption } from "./rows/words.ts";

export const REPLAY = summing(
  {
    name: "replay",
    about:
      "Repeats the steps of logged rows, and reports how many tokens equal the logged ones (the rows' targets), how many miss by at most the tolerance, and by how much the others miss. A row's step is its `step`, or its number in its shard; the tokens before it are its `history`, the first `prompt_length` of them the prompt, or else those of the options. Keys of watermarks are those of WATERMARK_KEYS_FILE. Prints a report, or with --out writes the sums, for merge.",
    options: {
      options: text(
        "JSON",
        "options of every step, with its seed, as /v1/replay takes them: JSON, or @FILE",
        "{}",
      ),
      rows: text("FILE", "file for the result of every row, one line of JSON each", undefined),
    },
    epilogue: `Examples:

  logit-sampler replay --in steps.parquet --options '{"temperature": 0.8, "top_p": 0.95, "seed": 7}'
  logit-sampler replay --in steps.parquet --options @host.json --rows replayed.ndjson`,
  },
  ({ options }) => ({ options: jsonOption("--options", options) as Fields }), // the schema says when it is none
);
