/** `logit-sampler detect`: detects watermarks in texts. */
import { count, flag, Misuse, text } from "../command-line.ts";
import type { Fields } from "./rows/analysis.ts";
import { summing } from "./rows/summing.ts";
import { jsonOption } from "./rows/words.ts";

export const DETECT = summing(
  {
    name: "detect",
    about:
      "Detects a watermark in texts, given as token_ids with an optional prompt_length, and reports the distribution of their p-values. Keys are named by their ids in WATERMARK_KEYS_FILE. Prints a report, or with --out writes the sums, for merge.",
    options: {
      mark: text(
        "JSON",
        "the watermark, as for /v1/watermark/detect: scheme, key and its options; JSON, or @FILE",
        undefined,
      ),
      keys: text(
        "IDS",
        "ids of keys, separated by commas, in place of the watermark's key; the report compares them",
        undefined,
      ),
      unmarked: flag(
        "the texts have no watermark: reports the key's rate of false positives with a 95 % interval, and thresholds",
      ),
      tried: count(
        "K",
        "how many configurations (keys, schemes, options) are tried on these texts: each p-value counts K times",
        1,
      ),
      rows: text("FILE", "file for score and p-value of every text, one line of JSON each", undefined),
    },
    epilogue: `Examples:

  WATERMARK_KEYS_FILE=keys logit-sampler detect --in texts.ndjson --mark '{"scheme": "gumbel", "key": "main"}'
  logit-sampler detect --in texts.parquet --mark @mark.json --vocab-size 128256 --rows verdicts.ndjson
  logit-sampler detect --in human.ndjson --mark '{"scheme": "gumbel"}' --keys main,spare,third --unmarked`,
  },
  ({ mark, keys, unmarked, tried, "vocab-size": vocab_size }) => {
    if (mark === undefined) throw new Misuse("which mark? --mark JSON");
    // The schema refuses an invalid mark.
    const fields = jsonOption("--mark", mark) as Fields;
    return {
      options: {
        ...fields,
        ...(vocab_size !== undefined && { vocab_size }),
        ...(keys !== undefined && { keys: keys.split(",") }),
        ...(unmarked && { unmarked }),
        ...(tried > 1 && { tried }),
      },
    };
  },
);
