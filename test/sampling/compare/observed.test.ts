/** The observed result of another sampler: which arm gives it, or which change of an arm would give it. */
import { describe, expect, test } from "vitest";
import { allAtOnce } from "../../../src/pieces.ts";
import { compareRow } from "../../../src/sampling/compare/compare.ts";
import { LOOKS_MAX, STAGES_MAX } from "../../../src/sampling/compare/explained.ts";
import { parseComparison } from "../../../src/sampling/compare/options.ts";
import { DEFAULT_OPTION_LIMITS } from "../../../src/sampling/options/option-limits.ts";
import { COMPARE_REPLY } from "../../../src/schemas/compare.ts";
import { sampler } from "../sample.ts";
import { survivors } from "../survivors.ts";

type Fields = Readonly<Record<string, unknown>>;

const LOGITS = [3, 2.5, 2, 2, 1.5, 1, 0.5, -0.5, -1, -2];

function comparedWith(options: Fields, logits: readonly number[] = LOGITS, work_max?: number) {
  const row = sampler.leaseRow()!;
  try {
    row.load(logits);
    row.finish();
    return allAtOnce(compareRow(sampler, row, parseComparison({ seed: 1, ...options }), work_max));
  } finally {
    sampler.returnRow(row);
  }
}

const explained = (options: Fields, logits?: readonly number[], work_max?: number) =>
  comparedWith(options, logits, work_max).observed!;

const lawOf = (options: Fields, logits: readonly number[] = LOGITS) => survivors(logits, options);

const ARMS = { compare: ["llama.cpp", "vllm"], temperature: 2, top_p: 0.75, min_p: 0.01, top_k: 0 };

describe("an arm that gives it", () => {
  test.each(["llama.cpp", "vllm"])("%s, by probabilities, by logprobs, and by the set", (preset) => {
    const { compare: _, ...options } = ARMS;
    const { token_ids, probabilities } = lawOf({ ...options, preset });
    const logprobs = probabilities.map(Math.log);
    for (const observed of [{ token_ids, probabilities }, { token_ids, logprobs }, { kept: token_ids }]) {
      const { nearest, says, arms } = explained({ ...ARMS, observed });
      expect(says).toBe(`This is what ${preset} gives.`);
      expect(arms[nearest]).toMatchObject({ agrees: true, explanations: [] });
    }
  });

  test("numbers of few digits agree", () => {
    const { compare: _, ...options } = ARMS;
    const { token_ids, probabilities } = lawOf({ ...options, preset: "vllm" });
    const rounded = probabilities.map((p) => Number(p.toFixed(3)));
    expect(explained({ ...ARMS, observed: { token_ids, probabilities: rounded } }).says).toMatch(
      /what vllm gives/,
    );
    const logprobs = probabilities.map((p) => Number(Math.log(p).toFixed(2)));
    expect(explained({ ...ARMS, observed: { token_ids, logprobs } }).says).toMatch(/what vllm gives/);
  });

  test("a token that it drew: all arms that can draw it", () => {
    const compare = [
      { name: "two", chain: [{ stage: "top_k", top_k: 2 }] },
      { name: "all", chain: [] },
    ];
    expect(explained({ compare, observed: { drawn: [1] } }).says).toBe("two and all can draw this.");
    const three = [...compare, { name: "again", chain: [] }];
    expect(explained({ compare: three, observed: { drawn: [1] } }).says).toBe(
      "two, all and again can draw this.",
    );
    const { says, arms } = explained({ compare, observed: { drawn: [5] } });
    expect(says).toBe("all can draw this.");
    expect(arms.map((arm) => arm?.agrees)).toEqual([false, true]);
  });

  test("many draws: the arm whose probabilities they have", () => {
    const compare = [
      { name: "half", chain: [{ stage: "temperature", temperature: 0.5 }] },
      { name: "all", chain: [] },
    ];
    const { token_ids, probabilities } = lawOf({ chain: [{ stage: "temperature", temperature: 0.5 }] });
    const drawn = token_ids.flatMap((id, i) =>
      Array.from({ length: Math.round(400 * (probabilities[i] ?? 0)) }, () => id),
    );
    expect(explained({ compare, observed: { drawn } }).says).toBe("half can draw this.");
  });

  test("a comparison without an observation has no such field", () => {
    expect(comparedWith(ARMS)).not.toHaveProperty("observed");
  });
});

describe("a change that would give it", () => {
  const chain = [
    { stage: "top_k", top_k: 3 },
    { stage: "temperature", temperature: 0.6 },
  ];
  test.each([
    ["ties", [{ stage: "top_k", top_k: 3, ties: "keep" }, chain[1]], "as if ties of top_k were keep", "ties"],
    ["presence", [chain[0]], "as if temperature were ignored", "presence"],
  ])("%s", (_, other, says, kind) => {
    const { token_ids, probabilities } = lawOf({ chain: other });
    const {
      says: sentence,
      arms,
      is_complete,
    } = explained({
      compare: [
        { name: "mine", chain },
        { name: "plain", chain: [] },
      ],
      observed: { token_ids, probabilities },
    });
    expect(sentence).toBe(`No arm gives this. mine would, ${says}.`);
    expect(arms[0]?.explanations[0]).toMatchObject({ says, kind, agrees: true });
    expect(is_complete).toBe(true);
  });

  test("an order", () => {
    const top_p = { stage: "top_p", top_p: 0.7 };
    const { token_ids, probabilities } = lawOf({ chain: [chain[1], top_p] });
    const compare = [{ name: "mine", chain: [top_p, chain[1]] }, { chain: [] }];
    const { says, arms } = explained({ compare, observed: { token_ids, probabilities } });
    expect(says).toBe("No arm gives this. mine would, as if temperature came before top_p.");
    expect(arms[0]?.explanations[0]).toMatchObject({ kind: "order", stage: "top_p" });
  });

  test("of a draw that no arm has", () => {
    const compare = [
      { name: "mine", chain },
      { name: "one", chain: [{ stage: "top_k", top_k: 1 }] },
    ];
    expect(explained({ compare, observed: { drawn: [3] } }).says).toBe(
      "No arm explains these draws. mine could, as if ties of top_k were keep.",
    );
  });

  test("what nothing explains is told with the nearest", () => {
    const observed = { token_ids: [9, 8], probabilities: [0.9, 0.1] };
    const { says } = explained({ ...ARMS, observed });
    expect(says).toMatch(/^No arm gives this: the nearest is .+, at a distance of .+\. No known change/);
  });

  test("the reply has the form of the document", () => {
    const reply = comparedWith({ ...ARMS, observed: { kept: [0] } });
    expect(COMPARE_REPLY.parse(JSON.parse(JSON.stringify(reply)))).toEqual(JSON.parse(JSON.stringify(reply)));
  });

  test("an arm that could not be taken is null", () => {
    const compare = ["vllm", { chain: [{ stage: "allowed_token_ids", allowed_token_ids: [900] }] }];
    expect(explained({ compare, observed: { kept: [0] } }).arms[1]).toBeNull();
  });
});

describe("limits", () => {
  test.each([
    [
      {},
      "observed must have kept alone, drawn alone, or token_ids with probabilities or logprobs, got nothing",
    ],
    [{ kept: [0], token_ids: [0] }, "got kept, token_ids"],
    [{ token_ids: [0], probabilities: [1], logprobs: [0] }, "got token_ids, probabilities, logprobs"],
    [3, "got 3"],
    [{ kept: [] }, "at least one token"],
    [{ drawn: [] }, "at least one token"],
    [{ drawn: [0], kept: [0] }, "got drawn, kept"],
    [{ drawn: [-1] }, "must be a token id"],
    [{ drawn: [10, 10] }, "token ids must be below 10, got 10"],
    [{ kept: [1, 1] }, "token 1 more than once"],
    [{ kept: [-1] }, "must be a token id"],
    [{ token_ids: [0], probabilities: [1.5] }, "must lie in [0, 1], got 1.5"],
    [{ token_ids: [0, 1], probabilities: [1] }, "a number for each of its 2 token_ids, got 1"],
    [{ token_ids: [0], logprobs: [0.1] }, "at most 0, got 0.1"],
    [{ token_ids: [0], probabilities: [0] }, "more than 0 and at most 1, got 0"],
    [{ token_ids: [0, 1], probabilities: [1, 0.02] }, "at most 1, got 1.02"],
    [{ kept: [10] }, "token ids must be below 10, got 10"],
    [{ kept: [0], tolerance: 1 }, "tolerance"],
  ])("%j is refused", (observed, sentence) => {
    expect(() => comparedWith({ ...ARMS, observed })).toThrow(sentence);
  });

  test("sums at the limit, and ids at the end of the row", () => {
    expect(
      explained({ ...ARMS, observed: { token_ids: [0, 9], probabilities: [1, 0.01] } }).arms,
    ).toHaveLength(2);
  });

  test.each([-1, 0, 1])("as many tokens as top_logprobs_max, and %i", (more) => {
    const kept = Array.from({ length: 5 + more }, (_, id) => id);
    const parse = () =>
      parseComparison(
        { ...ARMS, compare_top: 1, observed: { kept } },
        { ...DEFAULT_OPTION_LIMITS, top_logprobs_max: 5 },
      );
    if (more > 0) expect(parse).toThrow("at most 5 tokens (top_logprobs_max), got 6");
    else expect(parse().observed).toEqual({ kept });
  });

  test.each([-1, 0, 1])("as many different draws as top_logprobs_max, and %i", (more) => {
    const drawn = Array.from({ length: 3 * (5 + more) }, (_, i) => i % (5 + more));
    const parse = () =>
      parseComparison(
        { ...ARMS, compare_top: 1, observed: { drawn } },
        { ...DEFAULT_OPTION_LIMITS, top_logprobs_max: 5 },
      );
    if (more > 0) expect(parse).toThrow("at most 5 tokens (top_logprobs_max), got 6");
    else
      expect(parse().observed).toEqual({
        counts: new Map(Array.from({ length: 5 + more }, (_, i) => [i, 3])),
      });
  });

  const stages = (count: number) =>
    Array.from({ length: count }, (_, i) => ({ stage: "typical_p", typical_p: 0.9 + i / 1000 }));

  test.each([-1, 0, 1])("as many stages as may be searched, and %i", (more) => {
    const compare = [{ chain: stages(STAGES_MAX + more) }, { chain: [] }];
    const run = () => explained({ compare, observed: { kept: [0] } });
    if (more > 0) expect(run).toThrow(`at most ${STAGES_MAX} stages, got ${STAGES_MAX + more}`);
    else expect(run().arms).toHaveLength(2);
  });

  test("the search takes no more steps than it may, whatever the arms are", () => {
    const taken = (arms: number) => {
      const compare = Array.from({ length: arms }, () => ({ chain: stages(26) }));
      let steps = 0;
      const counting = {
        sample: (...given: Parameters<typeof sampler.sample>) => {
          steps++;
          return sampler.sample(...given);
        },
      };
      const row = sampler.leaseRow()!;
      row.load(LOGITS);
      row.finish();
      const { observed } = allAtOnce(
        compareRow(counting, row, parseComparison({ seed: 1, compare, observed: { kept: [9] } })),
      );
      sampler.returnRow(row);
      return { steps, is_complete: observed?.is_complete };
    };
    for (const arms of [4, 8, 16]) {
      const { steps, is_complete } = taken(arms);
      expect(is_complete).toBe(false);
      expect(steps).toBeLessThan(LOOKS_MAX + 70 * arms);
    }
  });

  test("work: a search that may be little ends with what it has, and the comparison is answered", () => {
    const compare = [{ chain: stages(26) }, { chain: [] }];
    const observed = { kept: [9] };
    const few = explained({ compare, observed }, LOGITS, 1_000_000);
    expect(few.is_complete).toBe(false);
    expect(explained({ compare: [{ chain: stages(2) }, { chain: [] }], observed }).is_complete).toBe(true);
  });
});
