/** Replays: honest tokens match, margins measure how far other tokens miss, and receipts hash what they promise. */
import { describe, expect, test } from "vitest";
import type { Row } from "../../src/kernels/kernel.ts";
import { allAtOnce } from "../../src/pieces.ts";
import { watermarkKeys } from "../../src/sampling/draw/watermark/keys.ts";
import { DEFAULT_OPTION_LIMITS } from "../../src/sampling/options/option-limits.ts";
import { parseStepOptions } from "../../src/sampling/options/step-options.ts";
import { parseReplay, ReplayTotals, replay } from "../../src/sampling/replay.ts";
import { createSampler } from "../../src/sampling/sampler.ts";
import { chainScore, parseScoreChain } from "../../src/sampling/score-chain.ts";

const sampler = createSampler({ vocab_size_max: 8192, rows_max: 1 }, undefined, {
  keys: watermarkKeys({ main: 7n }),
});
const row = sampler.leaseRow() as Row; // there is one
const LARGE = Float32Array.from({ length: 8192 }, (_, i) => Math.fround(Math.sin(i * 12.9898) * 4));

function load(logits: ArrayLike<number>): Row {
  row.load(logits);
  row.finish();
  return row;
}

const sampled = (options: object, logits: ArrayLike<number> = LARGE) =>
  sampler.sample(load(logits), parseStepOptions({ ...options }));

const replayed = (fields: object, logits: ArrayLike<number> = LARGE) => {
  const options = parseReplay({ ...fields }, DEFAULT_OPTION_LIMITS);
  return allAtOnce(sampler.inspect(load(logits), options, (left) => replay(left, options)));
};

const CHAINS = [
  {},
  { temperature: 0.7 },
  { top_k: 50 },
  { top_p: 0.9, temperature: 0.8 },
  { repetition_penalty: 1.3, history: [3, 4, 5] },
];
const RULES = [
  {},
  { draw: { rule: "gumbel" } },
  { draw: { rule: "gumbel", variant: "vllm" } },
  ...["gumbel", "dual_key_gumbel", "green_list", "synthid"].map((scheme) => ({
    watermark: { scheme, key: "main" },
  })),
];

describe.each(RULES)("%j", (rule) => {
  test.each(CHAINS)("a token that was drawn matches: %j", (chain) => {
    for (let step = 0; step < 8; step++) {
      const options = { seed: 3, step, ...chain, ...rule };
      const { token_id } = sampled(options);
      const { match, margin, ...rest } = replayed({ ...options, token_id });
      expect([rest.token_id, match]).toEqual([token_id, true]);
      if (margin !== null) expect(margin).toBeGreaterThanOrEqual(0);
    }
  });
});

test.each([{}, { temperature: 0.5 }, { top_p: 0.9 }, { top_k: 40 }])(
  "the interval of a token is where its uniforms are, dense or listed: %j",
  (chain) => {
    for (let step = 0; step < 20; step++) {
      const options = { seed: 4, step, ...chain };
      const { token_id } = sampled(options);
      const { uniform = 2, from = 2, to = 2 } = replayed({ ...options, token_id });
      expect(from).toBeLessThan(to);
      // Rounding may separate the edge of the draw's own sum from the edge of the interval.
      expect(uniform).toBeGreaterThanOrEqual(from - 1e-9);
      expect(uniform).toBeLessThanOrEqual(to + 1e-9);
    }
  },
);

test("a token that misses agrees within the tolerance, below and at it", () => {
  const logits = [1, 1, 1, 1];
  const { uniform = 0 } = replayed({ seed: 1, token_id: 0 }, logits);
  const claimed = uniform < 0.5 ? 3 : 0;
  const { margin } = replayed({ seed: 1, token_id: claimed }, logits);
  expect(margin).toBeLessThan(0);
  const tolerance = -(margin ?? 0);
  const agrees = (value: number) => replayed({ seed: 1, token_id: claimed, tolerance: value }, logits).agrees;
  expect([agrees(tolerance * 0.999), agrees(tolerance), agrees(tolerance * 1.001)]).toEqual([
    false,
    true,
    true,
  ]);
});

test("a token that the chain removed has no margin", () => {
  expect(replayed({ seed: 1, top_k: 1, token_id: 2 }, [1, 3, 2])).toMatchObject({
    match: false,
    margin: null,
  });
});

test("totals count matches, and misses by their margin, at most divergence_max", () => {
  const totals = new ReplayTotals();
  const miss = { token_id: 1, match: false, agrees: false };
  totals.add({ token_id: 1, match: true, agrees: true, margin: 0.5 }, {});
  totals.add({ ...miss, margin: -0.25 }, {});
  totals.add({ ...miss, margin: -50 }, { divergence_max: 2 });
  totals.add({ ...miss, margin: null }, {});
  expect(totals.told).toEqual({ rows: 4, matches: 1, agreeing: 1, mean_divergence: (0.25 + 2 + 10) / 4 });
});

describe("receipts", () => {
  const options = { seed: 3, temperature: 0.8, top_k: 20, history: [1, 2] };
  const { receipt, token_id } = sampled({ ...options, receipt: true });

  test("hold for the same step, whatever is asked to be told", () => {
    const differs = (fields: object, logits: ArrayLike<number> = LARGE) =>
      replayed({ ...options, token_id, claimed: receipt, ...fields }, logits).receipt_differs;
    expect(differs({})).toEqual([]);
    expect(differs({ logprobs: true, trace: true, step: 9 })).toEqual([]);
    expect(differs({ temperature: 0.81 })).toEqual(["options"]);
    expect(differs({ history: [1, 3] })).toEqual(["options"]);
    const other = LARGE.slice();
    other[5] = Math.fround((other[5] ?? 0) + 1e-6);
    expect(differs({}, other)).toEqual(["row"]);
  });

  test("are of the row as it came, not of what penalties made of it", () => {
    const penalised = sampled({ ...options, repetition_penalty: 1.5, receipt: true });
    expect(penalised.receipt?.row).toBe(receipt?.row);
    expect(penalised.receipt?.options).not.toBe(receipt?.options);
  });

  test("do not depend on the order of options", () => {
    const turned = { history: [1, 2], top_k: 20, temperature: 0.8, seed: 3, receipt: true };
    expect(sampled(turned).receipt).toEqual(receipt);
  });
});

test.each([
  [{}, "a replay needs the token that was claimed", "/token_id"],
  [{ token_id: 1 }, "a replay needs the seed of the step", "/seed"],
  [{ token_id: 8192, seed: 1 }, "token ids must be below 8192, got 8192", "/token_id"],
  [{ token_id: 1, seed: 1, n: 1 }, "n must not be given, got 1", "/n"],
  [{ token_id: 1, seed: 1, tolerance: -1 }, "tolerance must be a number of at least 0, got -1", "/tolerance"],
  [{ token_id: 1, seed: 1, claimed: { row: "x" } }, "64 hexadecimal digits", "/claimed/row"],
])("%j is refused", (fields, sentence, pointer) => {
  let thrown: unknown;
  try {
    replayed(fields);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toMatchObject({ pointer });
  expect(String(thrown)).toContain(sentence);
});

describe("scores under a chain", () => {
  const scored = (sampling: object, token_id: number, logits: ArrayLike<number>) =>
    allAtOnce(
      sampler.inspect(load(logits), parseScoreChain(sampling, DEFAULT_OPTION_LIMITS, "/sampling"), (left) =>
        chainScore(left, token_id),
      ),
    );
  const logits = [Math.log(0.5), Math.log(0.3), Math.log(0.15), Math.log(0.05)];

  test("top_p .8 of 0.5 0.3 0.15 0.05 keeps two: 0.625 and 0.375", () => {
    const first = scored({ top_p: 0.8 }, 0, logits);
    expect(first).toMatchObject({ is_kept: true, kept: 2 });
    expect(first.processed_logprob).toBeCloseTo(Math.log(0.625), 6);
    expect(first.kept_mass).toBeCloseTo(0.8, 6);
    expect(scored({ top_p: 0.8 }, 2, logits)).toMatchObject({
      processed_logprob: Number.NEGATIVE_INFINITY,
      is_kept: false,
    });
  });

  test("is what a step says of the token that it draws", () => {
    const sampling = { temperature: 0.7, top_p: 0.9, repetition_penalty: 1.2, history: [3, 8] };
    const step = sampled({ ...sampling, seed: 8, logprobs: true });
    const score = scored(sampling, step.token_id, LARGE);
    expect([score.processed_logprob, score.kept, score.kept_mass]).toEqual([
      step.processed_logprob,
      step.kept,
      step.kept_mass,
    ]);
  });

  test.each([
    [{ seed: 1 }, "/sampling/seed"],
    [{ top_p: 2 }, "/sampling/top_p"],
    [7, "/sampling"],
  ])("%j is refused at %s", (sampling, pointer) => {
    let thrown: unknown;
    try {
      parseScoreChain(sampling, DEFAULT_OPTION_LIMITS, "/sampling");
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ pointer });
  });
});
