/** Answers the suite's questions with this package's own sampler, to test changes of the core. */

import { Problem } from "../errors.ts";
import { compiled } from "../grammar/grammar.ts";
import { NEVER } from "../grammar/nodes.ts";
import { philox, uniformOf } from "../kernels/philox.ts";
import { gammaQ } from "../kernels/special.ts";
import { noiseIn, wordIn } from "../sampling/draw/watermark/prf.ts";
import { DEFAULT_OPTION_LIMITS } from "../sampling/options/option-limits.ts";
import { parseStepOptions } from "../sampling/options/step-options.ts";
import { createSampler } from "../sampling/sampler.ts";
import { parseVerifyOptions } from "../sampling/verify/options.ts";
import { verifyDraft } from "../sampling/verify/verify.ts";
import type { Reply } from "./judge.ts";
import { stepTasks, type Tasks } from "./steps.ts";
import type { Vector } from "./vectors.ts";

const VOCAB_SIZE_MAX = 151_936;
const KEPT_MAX = 4096;
const ROWS_MAX = 16;
const LIMITS = {
  ...DEFAULT_OPTION_LIMITS,
  top_logprobs_max: VOCAB_SIZE_MAX,
  logprob_token_ids_max: VOCAB_SIZE_MAX,
};

const sampler = createSampler({ vocab_size_max: VOCAB_SIZE_MAX, rows_max: ROWS_MAX });

export async function answerOfCore(vector: Vector): Promise<Reply> {
  const answer = TASKS[vector.task];
  if (answer === undefined) return { not_supported: true };
  try {
    const given = await answer(vector);
    return given === undefined ? { not_supported: true } : { answer: given };
  } catch (error) {
    if (error instanceof Problem) return { error: error.message };
    throw error;
  }
}

/**
 * The function for each task. The core makes uniform numbers from the seed and cannot take them, so `draw` is
 * missing.
 */
const TASKS: Tasks = {
  ...stepTasks({
    told_max: KEPT_MAX,
    sample: async (rows, options) =>
      withRows(rows, (leased) =>
        sampler.sample(
          leased.length === 1 ? (leased[0] as (typeof leased)[number]) : leased, // there is at least one
          parseStepOptions(options, LIMITS),
        ),
      ),
    verify: async (rows, options) =>
      withRows(rows, (leased) => {
        const checked = parseVerifyOptions(options);
        const drafted = options["draft_token_ids"] as readonly number[]; // it was checked
        const target = leased.slice(0, drafted.length + 1);
        return verifyDraft(sampler, { target, draft: leased.slice(target.length) }, checked);
      }),
  }),
  philox: async ({ counter, key }) => {
    const words = new Uint32Array(4);
    const [c0, c1, c2, c3] = counter as [number, number, number, number]; // as the suite writes it
    const [k0, k1] = key as [number, number];
    philox(c0, c1, c2, c3, k0, k1, words);
    return { words: [...words] };
  },
  mark_token: async ({ key, context, token_id }) => {
    const [low, high] = key as [number, number]; // as the suite writes it
    const ids = Int32Array.from(context as readonly number[]);
    const words = [low, high] as const;
    return {
      word: wordIn(words, ids, Number(token_id)) >>> 0,
      u: uniformOf(noiseIn(words, ids), Number(token_id)),
    };
  },
  mark_score: async ({ uniforms }) => {
    const all = uniforms as readonly number[]; // as the suite writes it
    const score = all.reduce((sum, u) => sum - Math.log(1 - u), 0);
    return { score, p_value: gammaQ(all.length, score) };
  },
  structured: async ({ json_schema, regex, text }) => {
    const [kind, value] =
      regex === undefined ? (["json_schema", json_schema] as const) : (["regex", regex] as const);
    try {
      const grammar = compiled({ kind, value, whitespace: "compact", property_order: "schema" });
      const state = grammar.advance(grammar.start, new TextEncoder().encode(String(text)));
      return { valid: state !== NEVER && grammar.automaton.nullable(state) };
    } catch (error) {
      // A schema that no text can satisfy is refused.
      if (error instanceof Problem && json_schema === false) return { valid: false };
      throw error;
    }
  },
};

function withRows<Result>(
  values: readonly (readonly number[])[],
  look: (rows: ReturnType<typeof leased>[]) => Result,
): Result {
  const rows = values.map(leased);
  try {
    return look(rows);
  } finally {
    for (const row of rows) sampler.returnRow(row);
  }
}

function leased(values: readonly number[]) {
  const row = sampler.leaseRow();
  if (row === undefined) throw new Error(`a case has at most ${ROWS_MAX} rows`);
  row.load(values);
  row.finish();
  return row;
}
