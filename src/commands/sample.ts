/** `logit-sampler sample`: draws a token for every row. */
import type { TaskRow } from "../analysis/tasks/task.ts";
import { count, text } from "../command-line.ts";
import { parseStepOptions } from "../sampling/options/step-options.ts";
import type { StepOptions } from "../sampling/step.ts";
import { commandFrom } from "./command.ts";
import type { Fields } from "./rows/analysis.ts";
import { readCheckpoint, removeCheckpoint, runOf, writeCheckpoint } from "./rows/checkpoint.ts";
import { configuredKeys, fieldsOf, RowSampler } from "./rows/drawing.ts";
import { Lines } from "./rows/lines.ts";
import { removeLeftovers } from "./rows/output.ts";
import { BEGINNING, pass } from "./rows/pass.ts";
import { createStatus } from "./rows/status.ts";
import { jsonOption, passOptions, ROW_OPTIONS, SHARD_OPERANDS } from "./rows/words.ts";

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

export const SAMPLE = commandFrom(
  {
    name: "sample",
    about:
      "Draws a token from every row with the same options, and writes a line of JSON for each: the reply of /v1/sample with the row's place. With a seed the same rows give the same tokens; without one every row draws its own, which its line tells. A row may bring its `step`, and its `history` with `prompt_length`. Rows of float64 are rounded to float32.",
    options: OPTIONS,
    operands: SHARD_OPERANDS,
    epilogue: `Examples:

  logit-sampler sample --in steps.npy --options '{"temperature": 0.8, "top_p": 0.95, "seed": 7}'
  logit-sampler sample --in steps.parquet --options @chain.json --out tokens.ndjson`,
  },
  async ({ values, operands }) => {
    const plan = passOptions(values, operands);
    const fields = jsonOption("--options", values.options) as Fields; // the schema says when it is none
    const options = parseStepOptions(fields);
    const checkpoint =
      values.checkpoint ?? (values.out === undefined ? undefined : `${values.out}.checkpoint`);
    if (checkpoint !== undefined) removeLeftovers(checkpoint);
    const run =
      checkpoint === undefined
        ? ""
        : runOf("sample", [values.options, values["first-step"], values.out], plan);
    const status = createStatus("sample", values.quiet);
    const resumed = readCheckpoint(checkpoint, run, plan.shards, status);
    const lines = new Lines(values.out, resumed?.lines_bytes ?? 0);
    const drawn = drawing(fields, options, values["first-step"] + rowsOf(resumed?.sources ?? []));
    try {
      await pass(plan, resumed ?? BEGINNING, {
        take(row, shard, index) {
          lines.push({ shard, row: index, ...drawn(row) });
        },
        keep(at) {
          if (checkpoint === undefined) return;
          const lines_bytes = lines.keep();
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
);

function rowsOf(sources: readonly { readonly rows: number; readonly skipped: number }[]): number {
  return sources.reduce((sum, { rows, skipped }) => sum + rows + skipped, 0);
}

/** Draws from each row in turn. The step number grows by one with each row, also with an invalid one. */
function drawing(fields: Fields, options: StepOptions, first_step: number): (row: TaskRow) => object {
  const sampler = new RowSampler(configuredKeys);
  let next_step = first_step;
  const optionsOf = (row: TaskRow) =>
    row.history === undefined ? options : parseStepOptions(fieldsOf(fields, row));
  return (row) => {
    const step = row.step ?? next_step;
    next_step += 1;
    return sampler.with(row, options.vocab_size, (of_row, logits) =>
      of_row.sample(logits, { ...optionsOf(row), step }),
    );
  };
}
