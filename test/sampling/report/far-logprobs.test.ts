/** Log-probabilities of rows far from zero, where float64 cannot add ln Σ exp to the largest logit. */
import { describe, expect, test } from "vitest";
import { Normaliser } from "../../../src/kernels/normaliser.ts";
import { parseStepOptions } from "../../../src/sampling/options/step-options.ts";
import { sample, sampler, sampleSparse, sparse } from "../sample.ts";

const LEAST = -3.4028234663852886e38;
/** Small rows are float64 lists from the start; long rows are in kernel memory. */
const LENGTHS = [5, 2000];
const PLACES = [3e38, 1e30, 1e15, 1e9, 2 ** 17, -1e9, -1e30];

/** Three equal logits, and all others a third of their distance lower. */
function row(length: number, logit: number): Float32Array {
  const low = logit > 0 ? logit / 3 : Math.max(logit * 3, LEAST);
  return Float32Array.from({ length }, (_, id) => (id < 3 ? logit : low));
}

describe.each(LENGTHS)("a row of %i logits", (length) => {
  test.each(PLACES)("three equal logits at %d have ln 1/3 each, and all of the mass", (logit) => {
    const options = {
      seed: 1,
      logprobs: true,
      top_logprobs: 3,
      logprob_token_ids: [0, 3],
      uncertainty: true,
    };
    for (const temperature of [1, 7]) {
      const reply = sample(row(length, logit), { ...options, temperature, min_p: 0.01 });
      expect(reply.kept).toBe(3);
      expect(reply.logprob).toBeCloseTo(Math.log(1 / 3), 6);
      expect(reply.processed_logprob).toBeCloseTo(Math.log(1 / 3), 6);
      for (const each of reply.top_logprobs ?? []) expect(each.logprob).toBeCloseTo(Math.log(1 / 3), 6);
      expect(reply.named_logprobs?.[0]?.logprob).toBeCloseTo(Math.log(1 / 3), 6);
      expect(reply.named_logprobs?.[1]?.logprob ?? -1e9).toBeLessThan(-1e4);
      expect(reply.kept_mass).toBeCloseTo(1, 6);
      expect(reply.uncertainty?.processed.entropy).toBeCloseTo(Math.log(3), 6);
      expect(reply.uncertainty?.raw.margin).toBeCloseTo(0, 6);
    }
  });

  test("a row that is masked with float32's least throughout shares the probability", () => {
    const masked = new Float32Array(length).fill(LEAST);
    const { logprob, kept_mass, kept } = sample(masked, { seed: 1, logprobs: true });
    expect(kept).toBe(length);
    expect(logprob).toBeCloseTo(-Math.log(length), 6);
    expect(kept_mass).toBeCloseTo(1, 5);
  });

  test.each([
    ["min_p", { min_p: 1 }],
    ["epsilon_cutoff", { epsilon_cutoff: 0.3 }],
    ["eta_cutoff", { eta_cutoff: 0.3 }],
    ["top_a", { top_a: 0.9 }],
    ["top_p with ties", { top_p: 0.1, top_p_ties: "keep" }],
  ])("exact ties stay together at every temperature: %s", (_, options) => {
    for (const logit of PLACES)
      for (const temperature of [0.3, 1, 3, 7, 49])
        expect(sample(row(length, logit), { ...options, temperature, seed: 1 }).kept).toBe(3);
  });

  test("top_p behind top_k takes its share of what is left", () => {
    const ties = new Float32Array(length).fill(3e38);
    expect(sample(ties, { top_k: 4, top_p: 0.7, seed: 1 }).kept).toBe(3);
  });
});

test("the finding's row: [3e38, 3e38, 1e38] has two halves, not two wholes", () => {
  const reply = sample([3e38, 3e38, 1e38], { seed: 1, logprobs: true, top_logprobs: 2 });
  expect(reply.top_logprobs?.map(({ logprob }) => logprob)).toEqual([-Math.LN2, -Math.LN2]);
  expect(reply.kept_mass).toBeCloseTo(1, 12);
});

test("a list keeps the normaliser that it was sent with", () => {
  const pairs = [
    [4, 3e38],
    [9, 3e38],
  ] as const;
  const options = { seed: 1, logprobs: true, top_logprobs: 2 };
  expect(sampleSparse(sparse(pairs), options).logprob).toBe(-Math.LN2);
  const told = sampleSparse(sparse(pairs, { vocab_size: 10, logsumexp: 3e38 }), options);
  expect(told.logprob).toBe(-Math.LN2);
});

describe("the two ways of a normaliser meet", () => {
  test("up to 65,536, all of float16's logits, the bits are those of s − ln Σ exp s", () => {
    for (const max of [0, -3.7, 65_504, -65_504, 65_535.99]) {
      const normaliser = new Normaliser(max, Math.LN2);
      expect(normaliser.logprobOf(max - 1)).toBe(max - 1 - (max + Math.LN2));
      expect(Math.abs(normaliser.logprobOf(max - 1) - (-1 - Math.LN2))).toBeLessThan(1.5e-11);
    }
    for (const max of [65_536, -65_536, 1e9, 3e38])
      expect(new Normaliser(max, Math.LN2).logprobOf(max)).toBe(-Math.LN2);
  });

  test("a step is taken on far rows as on near ones", () => {
    const leased = sampler.leaseRow()!;
    leased.load(row(2000, 3e38));
    leased.finish();
    expect(sampler.sample(leased, parseStepOptions({ seed: 1, temperature: 0 })).token_id).toBe(0);
    sampler.returnRow(leased);
  });
});
