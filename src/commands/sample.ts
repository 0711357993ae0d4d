/** `logit-sampler sample`: a token for every row. */
import { asClasses, type TaskRow } from "../analysis/tasks/task.ts";
import { commandLine, count, text } from "../command-line.ts";
import { Problem } from "../errors.ts";
import { parseStepOptions, type StepOptions } from "../sampling/options/step-options.ts";
import { createSampler, type Sampler } from "../sampling/sampler.ts";
import { type Command, called } from "./command.ts";
import { readCheckpoint, removeCheckpoint, runOf, writeCheckpoint } from "./rows/checkpoint.ts";
import { readJson } from "./rows/documents.ts";
import { Lines } from "./rows/lines.ts";
import { BEGINNING, pass } from "./rows/pass.ts";
import { createStatus } from "./rows/status.ts";
import { passOptions, ROW_OPTIONS, SHARD_OPERANDS } from "./rows/words.ts";

const OPTIONS = {
  ...ROW_OPTIONS,
  options: text("JSON", "options of a step, as /v1/sample takes them: JSON, or @FILE", "{}"),
  "first-step": count(
    "N",
    "the step of the first row; each row behind it has the next, and its own randomness",
    0,
    0,
  ),
  out: text("FILE", "writes a line of JSON for each row there, in place of standard output", undefined),
};

export const SAMPLE: Command = {
  name: "sample",
  about: "a token for every row, as /v1/sample draws it",
  options: Object.keys(OPTIONS),
  async run(words) {
    const { values, operands } = commandLine(
      {
        name: called("sample"),
        about:
          "Draws a token from every row with the same options, and writes a line of JSON for each: the reply of /v1/sample with the row's place. With a seed the same rows give the same tokens; without one every row draws its own, which its line tells. Rows of float64 are rounded to float32.",
        options: OPTIONS,
        operands: SHARD_OPERANDS,
        epilogue: `Examples:

  logit-sampler sample --in steps.npy --options '{"temperature": 0.8, "top_p": 0.95, "seed": 7}'
  logit-sampler sample --in steps.parquet --options @chain.json --out tokens.ndjson`,
      },
      words,
    );
    const plan = passOptions(values, operands);
    const options = parseStepOptions(optionsOf(values.options));
    const checkpoint =
      values.checkpoint ?? (values.out === undefined ? undefined : `${values.out}.checkpoint`);
    const run = runOf("sample", [values.options, values["first-step"], values.out], plan);
    const status = createStatus("sample", values.quiet);
    const resumed = readCheckpoint(checkpoint, run, plan.shards, status);
    const lines = new Lines(values.out, resumed?.lines_bytes ?? 0);
    const drawn = drawing(options, values["first-step"] + rowsOf(resumed?.sources ?? []));
    try {
      await pass(plan, resumed ?? BEGINNING, {
        take(row, shard, index) {
          lines.push({ shard, row: index, ...drawn(row) });
        },
        keep(at) {
          if (checkpoint === undefined) return;
          const lines_bytes = lines.flush();
          writeCheckpoint(checkpoint, {
            run,
            state: null,
            ...at,
            sources: [...at.sources],
            tally: null,
            lines_bytes,
          });
        },
        status,
      });
    } finally {
      lines.close();
    }
    removeCheckpoint(checkpoint);
  },
};

function optionsOf(words: string): unknown {
  if (words.startsWith("@")) return readJson(words.slice(1));
  try {
    return JSON.parse(words);
  } catch {
    throw new Error(`--options must be JSON, or @FILE, got ${words}`);
  }
}

function rowsOf(sources: readonly { readonly rows: number; readonly skipped: number }[]): number {
  return sources.reduce((sum, { rows, skipped }) => sum + rows + skipped, 0);
}

/** Draws from one row after the other, each at the step behind the one before, whether that one was a row or not. */
function drawing(options: StepOptions, first_step: number): (row: TaskRow) => object {
  let sampler: Sampler | undefined;
  let length_max = 0;
  let step = first_step;
  return ({ values, tail }) => {
    const at_step = { ...options, step };
    step += 1;
    if (tail !== undefined) {
      const token_ids = Int32Array.from(tail.ids);
      const vocab_size = values.length + tail.count;
      sampler ??= createSampler({ vocab_size_max: Math.max(1024, vocab_size), rows_max: 1 });
      // Kept log-probabilities are those of the whole row, whose ln Σ exp is 0 then.
      return sampler.sample({ token_ids, values, vocab_size, logsumexp: 0 }, at_step);
    }
    const row_values = asClasses(values);
    if (sampler === undefined || row_values.length > length_max) {
      length_max = Math.max(1024, row_values.length);
      sampler = createSampler({ vocab_size_max: length_max, rows_max: 1 });
    }
    return sampleDense(sampler, row_values, at_step);
  };
}

function sampleDense(sampler: Sampler, values: TaskRow["values"], options: StepOptions): object {
  const row = sampler.leaseRow();
  if (row === undefined) throw new Problem("internal_error", "the one row of this sampler is leased");
  try {
    row.load(values);
    row.finish(options.vocab_size);
    return sampler.sample(row, options);
  } finally {
    sampler.returnRow(row);
  }
}
