/**
 * Steps with several sources: the stages that run on the sources, the refusals, and the stages that depend on the
 * absolute level of logits.
 */
import { describe, expect, test } from "vitest";
import { Problem } from "../../../src/errors.ts";
import { RULES } from "../../../src/sampling/combine/index.ts";
import { STAGES } from "../../../src/sampling/stages/index.ts";
import { peakedRow } from "../../kernels/rows.ts";
import { combinedLogprobs, type Fields, logits, type Source, sampleSources } from "./sample.ts";

const TWO = [logits(0.5, 0.3, 0.2), logits(0.2, 0.3, 0.5)];
const product = { rule: "product" };

/** Code, pointer and sentence of the problem. */
function refusal(sources: readonly Source[], fields: Fields): readonly [string, string, string] {
  try {
    sampleSources(sources, fields);
  } catch (error) {
    if (error instanceof Problem) return [error.code, error.pointer, error.message];
    throw error;
  }
  throw new Error("the step was taken");
}

describe("stages before", () => {
  test("mask tokens of every source: plausible is what is left", () => {
    const combine = { rule: "contrastive", alpha: 0.9, before: [{ stage: "logit_bias", logit_bias: {} }] };
    expect(refusal(TWO, { combine })).toEqual([
      "option_conflict",
      "/combine/before/0",
      "before takes stages that mask tokens and do nothing else, got logit_bias: it runs on the combined row, in the chain",
    ]);
    const before = [{ stage: "bad_words_ids", bad_words_ids: [[0]] }];
    expect(combinedLogprobs(TWO, { combine: { ...combine, before } }, 3)).toEqual([-Infinity, 0, -Infinity]);
  });

  test.each([3, 300])("leave what they would have left of each source alone: %i tokens", (length) => {
    const rows = [1, 2].map((seed) => Array.from({ length }, (_, id) => ((id * seed * 7919) % 101) / 10));
    const masked = rows.map((values) => values.map((x, id) => (id % 3 === 1 ? x : -Infinity)));
    const ids = Array.from({ length }, (_, id) => id).filter((id) => id % 3 === 1);
    for (const before of [
      [{ stage: "allowed_token_ids", allowed_token_ids: ids }],
      [{ stage: "bad_words_ids", bad_words_ids: rows[0]?.flatMap((_, id) => (id % 3 === 1 ? [] : [[id]])) }],
    ])
      for (const rule of ["mixture", "product", "dola"]) {
        const fields = { repetition_penalty: 1.1, history: [1] };
        const told = combinedLogprobs(rows, { ...fields, combine: { rule, before } }, length);
        expect(told).toEqual(combinedLogprobs(masked, { ...fields, combine: { rule } }, length));
      }
  });

  test("that leave nothing are named", () => {
    const before = [{ stage: "allowed_token_ids", allowed_token_ids: [1] }];
    expect(refusal([logits(1, 0), logits(1, 0)], { combine: { ...product, before } })[2]).toBe(
      "every token is masked; allowed_token_ids masked the last one",
    );
  });
});

describe("what is refused", () => {
  const long = [...(TWO[1] ?? []), 0];
  test.each<[readonly Source[], Fields, string, string, string]>([
    [TWO, {}, "option_conflict", "/combine", "a step of 2 sources needs combine"],
    [
      TWO.slice(0, 1),
      { combine: product },
      "length_mismatch",
      "/sources",
      "product combines at least 2 sources (one, another), got 1",
    ],
    [
      TWO,
      { combine: { rule: "proxy" } },
      "length_mismatch",
      "/sources",
      "proxy combines 3 sources (base, tuned, untuned), got 2",
    ],
    [
      [...TWO, ...TWO],
      { combine: { rule: "guidance", guidance_scale: 2 } },
      "length_mismatch",
      "/sources",
      "guidance combines 2 sources",
    ],
    [[TWO[0] ?? [], long], { combine: product }, "length_mismatch", "/sources/1/logits", "got 3 and 4"],
    [
      [
        [1, NaN],
        [1, 2],
      ],
      { combine: product },
      "nan_logit",
      "/sources/0/logits/1",
      "got NaN at index 1",
    ],
    [
      [
        [1, 2],
        [Infinity, 2],
      ],
      { combine: product },
      "invalid_logits",
      "/sources/1/logits/0",
      "below +Infinity",
    ],
    [
      [
        [1, 2],
        [-Infinity, -Infinity],
      ],
      { combine: product },
      "all_tokens_masked",
      "/sources/1/logits",
      "every logit is -Infinity",
    ],
    [TWO, { combine: { rule: "guidence" } }, "invalid_option", "/combine/rule", "guidance"],
    [TWO, { combine: {} }, "invalid_option", "/combine/rule", "got nothing"],
    [TWO, { combine: 7 }, "invalid_option", "/combine", "must be an object with a rule, got 7"],
    [
      TWO,
      { combine: { rule: "guidance" } },
      "invalid_option",
      "/combine/guidance_scale",
      "must be a number, got nothing",
    ],
    [
      TWO,
      { combine: { rule: "contrastive", alpha: 0 } },
      "invalid_option",
      "/combine/alpha",
      "must lie in (0, 1], got 0",
    ],
    [
      TWO,
      { combine: { rule: "contrastive", gamma: 0 } },
      "unknown_option",
      "/combine/gamma",
      "there is no option",
    ],
    [
      TWO,
      { combine: { rule: "mixture", weights: [0.5, 0.6] } },
      "invalid_option",
      "/combine/weights",
      "must sum to 1, got 1.1",
    ],
    [
      TWO,
      { combine: { rule: "mixture", weights: [1] } },
      "invalid_option",
      "/combine/weights",
      "2 to 8 numbers, got 1",
    ],
    [
      TWO,
      { combine: { rule: "product", weights: [1, 1, 1] } },
      "length_mismatch",
      "/combine/weights",
      "for each of 2 sources, got 3",
    ],
    [
      TWO,
      { combine: { rule: "product", weights: [1, -1] } },
      "invalid_option",
      "/combine/weights/1",
      "got -1",
    ],
    [TWO, { combine: product, sources: [{}] }, "length_mismatch", "/sources", "for each of 2 rows, got 1"],
    [
      TWO,
      { combine: product, sources: [{}, { temperature: 0 }] },
      "invalid_option",
      "/sources/1/temperature",
      "above 0, got 0",
    ],
    [
      TWO,
      { combine: product, sources: [{}, { top_k: 1 }] },
      "unknown_option",
      "/sources/1/top_k",
      "no option",
    ],
    [TWO.slice(0, 1), { sources: [{ temperature: 2 }] }, "option_conflict", "/sources", "needs combine"],
    [TWO.slice(0, 1), { logprobs_mode: "combined" }, "option_conflict", "/logprobs_mode", "needs combine"],
    [TWO, { combine: { ...product, before: 1 } }, "invalid_option", "/combine/before", "array of stages"],
    [
      TWO,
      { combine: { ...product, before: [{ stage: "top_k", top_k: 1 }] } },
      "option_conflict",
      "/combine/before/0",
      "got top_k",
    ],
  ])("%j with %j", (sources, fields, code, pointer, sentence) => {
    const [got_code, got_pointer, got] = refusal(sources, fields);
    expect([got_code, got_pointer, got.includes(sentence) ? sentence : got]).toEqual([
      code,
      pointer,
      sentence,
    ]);
  });

  test("rows that vocab_size cuts to one length are of one", () => {
    expect(sampleSources([TWO[0] ?? [], long], { combine: product, vocab_size: 3 }).kept).toBe(3);
  });
});

describe("what a stage declares", () => {
  const row = Array.from({ length: 256 }, (_, id) => Math.fround(((id * 7919) % 1009) / 64 - 3));
  const moved = row.map((x) => x + 64);
  const history = [1, 2, 3, 1, 2];

  /** Stages that need a vocabulary read the text, and no score. */
  const STAGES_OF_IDS = STAGES.filter(({ readsText }) => readsText !== true);

  test.each(STAGES_OF_IDS.map((stage) => [stage.name, stage] as const))(
    "%s looks at where zero lies, or does not",
    (name, stage) => {
      const chain = [{ stage: name, ...stage.example }];
      const fields = { chain, history, top_logprobs: 256, logprobs_mode: "processed", prompt_length: 1 };
      const looks = stage.looksAtZero?.(stage.options.parse(chain[0])) === true;
      const [here, there] = [row, moved].map((values) => sampleSources([values], fields).top_logprobs ?? []);
      const same = here?.every(({ token_id, logprob }, i) => {
        const other = there?.[i];
        return other?.token_id === token_id && Math.abs((other.logprob ?? 0) - (logprob ?? 0)) < 1e-4;
      });
      // Some stages that would read scores do nothing with these tokens.
      if (!looks) expect([name, same]).toEqual([name, true]);
    },
  );

  test.each(STAGES_OF_IDS.filter(({ onlyMasks }) => onlyMasks).map((stage) => [stage.name, stage] as const))(
    "%s only masks: what it leaves are the same tokens of any row, at their scores",
    (name, stage) => {
      const chain = [{ stage: name, ...stage.example }];
      const kept = (values: readonly number[]) =>
        sampleSources([values], { chain, history, kept_token_ids: true });
      expect(kept(row.toReversed()).kept_token_ids).toEqual(kept(row).kept_token_ids);
    },
  );

  test("a rule that is off leaves the first source to the bit", () => {
    const off: Readonly<Record<string, Fields>> = {
      guidance: { guidance_scale: 1 },
      context_aware: { alpha: 0 },
      proxy: { a: 0 },
    };
    const plain = sampleSources(TWO.slice(0, 1), { seed: 3, top_logprobs: 3 });
    for (const [rule, own] of Object.entries(off)) {
      const sources = RULES.find(({ name }) => name === rule)?.sources.map((_, i) => TWO[i % 2] ?? []) ?? [];
      const { source_logprobs: _, ...told } = sampleSources(sources, {
        combine: { rule, ...own },
        seed: 3,
        top_logprobs: 3,
      });
      expect(told).toEqual(plain);
    }
  });
});

/** A trace reads every token, so none may be left out. */
test.each<Fields>([
  { temperature: 0.8, top_k: 5 },
  { top_k: 1 },
  { top_k: 8 },
  { temperature: 0 },
  { chain: [{ stage: "top_k", top_k: 5, ties: "keep" }] },
  {
    chain: [
      { stage: "top_k", top_k: 5 },
      { stage: "temperature", temperature: 2 },
    ],
  },
  {
    chain: [
      { stage: "top_p", top_p: 0.9 },
      { stage: "top_k", top_k: 5 },
    ],
  },
  { top_k: 5, logprobs: true, top_logprobs: 3, logprobs_mode: "combined" },
  { top_k: 5, temperature: 0.7, logprobs: true, logprobs_mode: "before_temperature" },
  { top_k: 5, uncertainty: true },
  { top_k: 5, n: 3, kept_token_ids: true },
])("a mixture of which the chain looks at few tokens, %o", (fields) => {
  for (const length of [200, 2048])
    for (let seed = 0; seed < 8; seed++) {
      const rows = [1, 2].map((each) => Array.from(peakedRow(length, 10 * seed + each)));
      const asked = { ...fields, seed, combine: { rule: "mixture" } };
      const { trace: _, fates, inverse_cdf, ...told } = sampleSources(rows, { ...asked, trace: true });
      expect(sampleSources(rows, asked)).toEqual(told);
    }
});
