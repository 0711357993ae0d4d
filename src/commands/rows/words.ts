/** The options that all commands over rows have. */
import { count, flag, Misuse, positive, text } from "../../command-line.ts";
import { ENDINGS, STDIN } from "../../shards/open.ts";
import { readJson, readPart } from "./json-files.ts";
import type { PassOptions } from "./pass.ts";
import { shardsOf } from "./shards.ts";

export const ROW_OPTIONS = {
  in: text(
    "SHARD",
    `a file (${ENDINGS.join(", ")}), a folder of them, a pattern such as "shards/*.npy", or ${STDIN} for standard input`,
    undefined,
  ),
  targets: text(
    "FILE",
    "classes that came, for npy: {shard} stands for the shard's name without its ending. Else SHARD.targets.npy, if it is there",
    undefined,
  ),
  "vocab-size": count(
    "N",
    "how many classes there are, for rows of which only the best were kept",
    undefined,
  ),
  "skip-bad": flag("leaves out rows that are none, says which, and counts them; else the first ends the run"),
  checkpoint: text(
    "FILE",
    "where the run keeps how far it is, to go on there when it is cut (default OUT.checkpoint, with --out)",
    undefined,
  ),
  "checkpoint-s": positive("S", "seconds between two checkpoints", 30),
  quiet: flag("says nothing of progress"),
};

export const SHARD_OPERANDS = {
  placeholder: "SHARD",
  about: "more shards, so that --in shards/*.npy takes what a shell makes of it",
  read: (word: string) => word,
};

interface RowWords {
  readonly in: string | undefined;
  readonly targets: string | undefined;
  readonly "vocab-size": number | undefined;
  readonly "skip-bad": boolean;
  readonly "checkpoint-s": number;
}

/** The inputs of a pass, from the words. Throws when no shard is named. */
export function passOptions(values: RowWords, operands: readonly string[]): PassOptions {
  const words = [...(values.in === undefined ? [] : [values.in]), ...operands];
  if (words.length === 0) throw new Misuse(`which rows? --in SHARD, or --in ${STDIN} for standard input`);
  return {
    shards: shardsOf(words),
    targets: values.targets,
    vocab_size: values["vocab-size"],
    skip_bad: values["skip-bad"],
    checkpoint_s: values["checkpoint-s"],
  };
}

export const OUT_OPTION = {
  out: text(
    "FILE",
    "keeps the sums of these rows there, for merge, and prints no report; - prints the sums",
    undefined,
  ),
};

/** Options of analyses that read rows at one temperature. */
export const SCALING_OPTIONS = {
  temperature: positive("T", "divides every logit before softmax", 1),
  calibration: text("FILE", "what /v1/calibrate or calibrate found, in place of a temperature", undefined),
};

interface ScalingWords {
  readonly temperature: number;
  readonly calibration: string | undefined;
}

/** The temperature in the endpoints' form; by default that of the baseline. */
export function scaling({ temperature, calibration }: ScalingWords): Readonly<Record<string, unknown>> {
  const given = temperature === 1 ? {} : { temperature };
  if (calibration === undefined) return given;
  return { ...given, calibration: readPart(calibration, "calibration") };
}

/** The JSON of an option, or of the file named after @. */
export function jsonOption(name: string, words: string): unknown {
  if (words.startsWith("@")) return readJson(words.slice(1));
  try {
    return JSON.parse(words);
  } catch {
    throw new Error(`${name} must be JSON, or @FILE, got ${words}`);
  }
}
