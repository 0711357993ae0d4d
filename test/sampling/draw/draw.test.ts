/** Draw rules: their guarantees, their refusals, and the draws for which another rule is used. */
import { describe, expect, test } from "vitest";
import { goodnessOfFit, P_MIN } from "../../../proof/statistics/chi-square.ts";
import type { Row } from "../../../src/kernels/kernel.ts";
import { DRAW_RULES } from "../../../src/sampling/draw/index.ts";
import { vllmNoise } from "../../../src/sampling/draw/vllm-noise.ts";
import { parseStepOptions } from "../../../src/sampling/options/step-options.ts";
import { createSampler } from "../../../src/sampling/sampler.ts";

const LOGITS = [2, 1, 0.5, 0, -1, 3];
const sampler = createSampler({ vocab_size_max: 8192, rows_max: 1 });
const row = sampler.leaseRow() as Row; // there is one

function sampled(options: Readonly<Record<string, unknown>>, logits: ArrayLike<number> = LOGITS) {
  row.load(logits);
  row.finish();
  return sampler.sample(row, parseStepOptions(options));
}

const TOTAL = LOGITS.reduce((sum, x) => sum + Math.exp(x), 0);
const PROBABILITIES = LOGITS.map((x) => Math.exp(x) / TOTAL);

test.each(DRAW_RULES.map((rule) => [rule.name, rule] as const))(
  "%s: its example is what it takes",
  (_, rule) => {
    expect(() => rule.options.parse({ rule: rule.name, ...rule.example })).not.toThrow();
    expect(rule.needs.length).toBeGreaterThan(0);
  },
);

describe("gumbel", () => {
  test.each([{ variant: "own" }, { variant: "vllm" }])("%j draws from the softmax, over steps", (variant) => {
    const counts = LOGITS.map(() => 0);
    for (let step = 0; step < 20_000; step++)
      counts[sampled({ seed: 5, step, draw: { rule: "gumbel", ...variant } }).token_id]! += 1;
    expect(goodnessOfFit(counts, PROBABILITIES).p_chi).toBeGreaterThan(P_MIN);
  });

  test("a step is the same however many tokens are kept beside the noisiest, and whatever form they are in", () => {
    const draw = { rule: "gumbel" };
    const large = Float32Array.from({ length: 8192 }, (_, i) => Math.sin(i * 12.9898) * 6);
    for (let step = 0; step < 60; step++) {
      const whole = sampled({ seed: 1, step, draw }, large).token_id;
      const listed = sampled({ seed: 1, step, draw, top_k: 8191 }, large);
      expect(listed.token_id).toBe(whole);
    }
  });

  test("draws with replacement have noise of their own, the first that of a single draw", () => {
    const draw = { rule: "gumbel" };
    const one = sampled({ seed: 9, draw }).token_id;
    const { draws = [] } = sampled({ seed: 9, draw, n: 400 });
    expect(draws[0]?.token_id).toBe(one);
    expect(new Set(draws.map(({ token_id }) => token_id)).size).toBeGreaterThan(3);
  });

  test("draws without replacement are the largest totals, none twice", () => {
    const { draws = [], token_id } = sampled({ seed: 9, draw: { rule: "gumbel" }, n: 6, replacement: false });
    expect(draws.map((each) => each.token_id).sort()).toEqual([0, 1, 2, 3, 4, 5]);
    expect(token_id).toBe(sampled({ seed: 9, draw: { rule: "gumbel" } }).token_id);
  });

  test("a trace tells of the largest totals in place of the interval of a uniform", () => {
    const reply = sampled({ seed: 9, draw: { rule: "gumbel" }, trace: true });
    expect(reply.inverse_cdf).toBeUndefined();
    expect(reply.gumbel?.best[0]?.token_id).toBe(reply.token_id);
    expect(reply.gumbel?.best).toHaveLength(3);
  });

  test("seeds of 64 bits and steps beyond 32 count whole", () => {
    const at = (seed: string, step: number) =>
      Array.from(
        { length: 12 },
        (_, i) => sampled({ seed, step: step + i, draw: { rule: "gumbel" } }).token_id,
      ).join();
    const plain = at("1", 0);
    for (const other of [
      at("18446744073709551615", 0),
      at(String(1n + 2n ** 32n), 0),
      at("1", 2 ** 32),
      at("-1", 0),
    ])
      expect(other).not.toBe(plain);
    expect(at("18446744073709551615", 0)).toBe(at("-1", 0));
  });

  // The figures are those of vLLM 0.33's murmur3_uniform32, run by Triton's interpreter.
  test("u of variant vllm is that of vLLM's kernel", () => {
    const place = { seed: "42", step: 7 };
    expect([0, 1, 2, 7].map((id) => vllmNoise(place, id).uniform)).toEqual([
      0.3989059031009674, 0.5236419439315796, 0.12153258174657822, 0.7235538363456726,
    ]);
  });
});

describe("what is refused", () => {
  const mark = { scheme: "gumbel", key: "main" };
  test.each([
    [{ draw: "gumbel" }, 'a draw rule must be an object like {"rule": "inverse_cdf"}, got "gumbel"', "/draw"],
    [{ draw: { rule: "gumbl" } }, 'there is no draw rule "gumbl"; did you mean "gumbel"?', "/draw/rule"],
    [
      { draw: { rule: "gumbel", varient: "vllm" } },
      'there is no option "varient" here; did you mean "variant"?',
      "/draw/varient",
    ],
    [
      { draw: { rule: "gumbel", variant: "vllm" }, n: 2 },
      'the noise of variant "vllm" is one a step',
      "/draw",
    ],
    [{ watermark: mark, draw: { rule: "gumbel" } }, "a watermark draws by a rule of its own", "/draw"],
    [{ watermark: mark, n: 2 }, "n must be 1, got 2", "/n"],
    [{ watermark: mark, temperature: 0 }, "greedy by temperature", "/watermark"],
    [{ watermark: mark, top_k: 1 }, "greedy by top_k", "/watermark"],
    [{ watermark: { scheme: "gumbel" } }, "key must be 1 to 64 letters", "/watermark/key"],
    [
      { watermark: { ...mark, context_width: 0 } },
      "context_width must lie in [1, 64], got 0",
      "/watermark/context_width",
    ],
    [
      { watermark: { ...mark, context_width: 65 } },
      "context_width must lie in [1, 64], got 65",
      "/watermark/context_width",
    ],
    [{ watermark: { ...mark, delta: 2 } }, 'there is no option "delta" here', "/watermark/delta"],
    [{ kept_max: 3 }, "kept_max needs kept_token_ids", "/kept_max"],
    [{ kept_token_ids: true, kept_max: 3, n: 4 }, "kept_max must be at least n", "/kept_max"],
    [{ kept_token_ids: true, kept_mode: "exact" }, "kept_mode needs kept_max", "/kept_mode"],
  ])("%j", (options, sentence, pointer) => {
    let thrown: unknown;
    try {
      parseStepOptions(options);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ pointer });
    expect(String(thrown)).toContain(sentence);
  });

  test("a key that this sampler does not have", () => {
    expect(() => sampled({ watermark: mark })).toThrow(
      'this server has no watermark keys, got the id "main"',
    );
  });
});

test("kept_max tells of the most likely and that there are more", () => {
  expect(sampled({ seed: 1, kept_token_ids: true, kept_max: 2 })).toMatchObject({
    kept: 6,
    kept_token_ids: [0, 5],
    kept_truncated: true,
  });
  expect(sampled({ kept_token_ids: true, kept_max: 6 }).kept_truncated).toBeUndefined();
});

test("the drawn tokens are among the kept_max reported ones, however unlikely, in place of the least likely", () => {
  let replaced = 0;
  for (let step = 0; step < 200; step++) {
    const { token_id, draws, kept_token_ids } = sampled({ kept_token_ids: true, kept_max: 3, n: 2, step });
    expect(kept_token_ids).toHaveLength(3);
    for (const drawn of draws ?? []) expect(kept_token_ids).toContain(drawn.token_id);
    if (![0, 5].includes(token_id)) replaced++;
    const single = sampled({ kept_token_ids: true, kept_max: 2, temperature: 3, step });
    expect(single.kept_token_ids).toContain(single.token_id);
    expect(single.kept_token_ids).toContain(single.token_id === 5 ? 0 : 5); // 5 is the likeliest, 0 the next
  }
  expect(replaced).toBeGreaterThan(20);
});

test("kept_mode exact refuses a set that is larger than kept_max, and reports one that is not", () => {
  const exact = { kept_token_ids: true, kept_mode: "exact" };
  expect(() => sampled({ ...exact, kept_max: 5 })).toThrow(
    "with kept_mode exact at most kept_max tokens, 5, may be left to draw from, got 6",
  );
  expect(sampled({ ...exact, kept_max: 6 }).kept_token_ids).toHaveLength(6);
  expect(sampled({ ...exact, kept_max: 3, top_k: 3 }).kept_token_ids).toHaveLength(3);
});
