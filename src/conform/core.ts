/** The suite's questions, answered by this package's own sampler: what a change of the core is held to. */

import { Problem } from "../errors.ts";
import { compiled } from "../grammar/grammar.ts";
import { NEVER } from "../grammar/nodes.ts";
import { philox, uniformOf } from "../kernels/philox.ts";
import { gammaQ } from "../kernels/special.ts";
import { noiseIn, wordIn } from "../sampling/draw/watermark/prf.ts";
import { DEFAULT_OPTION_LIMITS } from "../sampling/options/option-limits.ts";
import { parseStepOptions } from "../sampling/options/step-options.ts";
import type { Sampled } from "../sampling/report/report.ts";
import { createSampler } from "../sampling/sampler.ts";
import { VERIFY_METHODS } from "../sampling/verify/index.ts";
import { parseVerifyOptions } from "../sampling/verify/options.ts";
import { verifyDraft } from "../sampling/verify/verify.ts";
import type { Reply } from "./judge.ts";
import { type Answer, rowOf, type Vector } from "./vectors.ts";

const VOCAB_SIZE_MAX = 151_936;
const KEPT_MAX = 4096;
const ROWS_MAX = 16;
const LIMITS = {
  ...DEFAULT_OPTION_LIMITS,
  top_logprobs_max: VOCAB_SIZE_MAX,
  logprob_token_ids_max: VOCAB_SIZE_MAX,
};

const sampler = createSampler({ vocab_size_max: VOCAB_SIZE_MAX, rows_max: ROWS_MAX });

export function answerOfCore(vector: Vector): Reply {
  const answer = TASKS[vector.task];
  if (answer === undefined) return { not_supported: true };
  try {
    const given = answer(vector);
    return given === undefined ? { not_supported: true } : { answer: given };
  } catch (error) {
    if (error instanceof Problem) return { error: error.message };
    throw error;
  }
}

/** How each task is answered; undefined where the core has no way to be asked it. */
const TASKS: Readonly<Record<string, (vector: Vector) => Answer | undefined>> = {
  distribution: (vector) => distribution([rowOf(vector["row"])], stepFields(vector)),
  combine: ({ rows, combine }) => distribution((rows as unknown[]).map(rowOf), { combine, chain: [] }),
  logprobs: ({ row, logprobs_mode, ...vector }) => {
    const logits = rowOf(row);
    const logprob_token_ids = [...logits.keys()];
    const options = { ...stepFields(vector as Vector), logprobs: true, logprobs_mode, logprob_token_ids };
    const { named_logprobs = [] } = sampled([logits], options);
    return { logprobs: named_logprobs.map(({ logprob }) => logprob) };
  },
  ranks: ({ row, token_ids, rank_ties, rule }) => {
    const ids = token_ids as readonly number[]; // as the suite writes it
    const ties = rank_ties ?? String(rule).split(" ")[1];
    const rankOf = (id: number) =>
      sampled([rowOf(row)], {
        chain: [{ stage: "forced_token_ids", forced_token_ids: { "0": id } }],
        logprobs: true,
        rank_ties: ties,
      }).rank;
    return { ranks: ids.map(rankOf) };
  },
  // Uniform numbers are of the seed here: they cannot be given.
  draw: () => undefined,
  verify: ({ draft, p, q, method, seed }) => {
    const laws = [
      ...(p as number[][]).map(logsOf),
      ...(VERIFY_METHODS.some(({ name, readsDraft }) => readsDraft && name === method)
        ? (q as number[][])
        : []),
    ];
    const told = laws.length > (p as number[][]).length ? { draft_rows: "probabilities" } : {};
    return withRows(laws, (rows) => {
      const target = rows.slice(0, (p as number[][]).length);
      const options = parseVerifyOptions({ draft_token_ids: draft, method, chain: [], seed, ...told });
      const { accepted, token_ids } = verifyDraft(
        sampler,
        { target, draft: rows.slice(target.length) },
        options,
      );
      return { accepted, token_id: token_ids[accepted] };
    });
  },
  philox: ({ counter, key }) => {
    const words = new Uint32Array(4);
    const [c0, c1, c2, c3] = counter as [number, number, number, number]; // as the suite writes it
    const [k0, k1] = key as [number, number];
    philox(c0, c1, c2, c3, k0, k1, words);
    return { words: [...words] };
  },
  mark_token: ({ key, context, token_id }) => {
    const [low, high] = key as [number, number]; // as the suite writes it
    const ids = Int32Array.from(context as readonly number[]);
    const words = [low, high] as const;
    return {
      word: wordIn(words, ids, Number(token_id)) >>> 0,
      u: uniformOf(noiseIn(words, ids), Number(token_id)),
    };
  },
  mark_score: ({ uniforms }) => {
    const all = uniforms as readonly number[]; // as the suite writes it
    const score = all.reduce((sum, u) => sum - Math.log(1 - u), 0);
    return { score, p_value: gammaQ(all.length, score) };
  },
  structured: ({ json_schema, regex, text }) => {
    const [kind, value] =
      regex === undefined ? (["json_schema", json_schema] as const) : (["regex", regex] as const);
    try {
      const grammar = compiled({ kind, value, whitespace: "compact", property_order: "schema" });
      const state = grammar.advance(grammar.start, new TextEncoder().encode(String(text)));
      return { valid: state !== NEVER && grammar.automaton.nullable(state) };
    } catch (error) {
      // A schema that no text fulfils is refused.
      if (error instanceof Problem && json_schema === false) return { valid: false };
      throw error;
    }
  },
  stop: ({ stop, prompt, generated }) => {
    const ids = generated as readonly number[]; // as the suite writes it
    const last = ids.at(-1) as number; // one was drawn
    const history = [...(prompt as readonly number[]), ...ids.slice(0, -1)];
    const prompt_length = (prompt as readonly number[]).length;
    const row = Array.from({ length: 1 + Math.max(last, ...history) }, (_, id) =>
      id === last ? 0 : Number.NEGATIVE_INFINITY,
    );
    return { finish_reason: sampled([row], { stop, history, prompt_length }).finish_reason ?? null };
  },
};

function stepFields({ chain, history, prompt_length, state }: Vector): Readonly<Record<string, unknown>> {
  const given = Object.entries({ chain, history, prompt_length, state }).filter(
    ([, value]) => value !== undefined,
  );
  return Object.fromEntries(given);
}

function distribution(rows: readonly number[][], options: Readonly<Record<string, unknown>>): Answer {
  const top_logprobs = Math.min(KEPT_MAX, rows[0]?.length ?? 1);
  const { top_logprobs: told = [] } = sampled(rows, { ...options, top_logprobs, logprobs_mode: "processed" });
  const left = told.filter(({ logprob }) => logprob !== null).sort((a, b) => a.token_id - b.token_id);
  return {
    kept: left.map(({ token_id }) => token_id),
    probabilities: left.map(({ logprob }) => Math.exp(logprob ?? Number.NEGATIVE_INFINITY)),
  };
}

const logsOf = (law: readonly number[]) => law.map(Math.log);

function sampled(rows: readonly (readonly number[])[], options: Readonly<Record<string, unknown>>): Sampled {
  return withRows(
    rows,
    (leased) =>
      sampler.sample(
        leased.length === 1 ? (leased[0] as (typeof leased)[number]) : leased,
        parseStepOptions({ seed: 1, ...options }, LIMITS),
      ), // there is one
  );
}

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
