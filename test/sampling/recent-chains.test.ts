/** The cache of chains: the same options give the same chain, and different options never do. */
import { expect, test } from "vitest";
import type { Chain } from "../../src/sampling/chain.ts";
import { parseStepOptions } from "../../src/sampling/options/step-options.ts";
import { recentChain } from "../../src/sampling/recent-chains.ts";

const fresh = (): Chain => [];

test("the same plain options give the same chain", () => {
  const first = parseStepOptions({ temperature: 0.8, top_k: 40, seed: 1, step: 1 });
  const second = parseStepOptions({ temperature: 0.8, top_k: 40, seed: 2, step: 2 });
  expect(second.chain).toBe(first.chain);
});

test.each([
  ["another value", { top_k: 41 }],
  ["another option", { min_keep: 40 }],
  ["text instead of a number", { top_k: "40" }],
  ["null", { top_k: null }],
  ["two options", { top_k: 40, min_p: 0.1 }],
  ["a text that looks like two options", { top_k: '40,min_p:0.1"' }],
])("%s gives another chain", (_name, fields) => {
  const known = recentChain(undefined, { top_k: 40 }, fresh);
  expect(recentChain(undefined, { top_k: 40 }, fresh)).toBe(known);
  expect(recentChain(undefined, fields, fresh)).not.toBe(known);
});

test("a preset gives another chain than no preset", () => {
  expect(recentChain("vllm", { top_k: 50 }, fresh)).not.toBe(recentChain(undefined, { top_k: 50 }, fresh));
});

test("minus zero and options that are objects are never remembered", () => {
  for (const fields of [{ temperature: -0 }, { logit_bias: { 1: 2 } }, { stop_token_ids: [1] }])
    expect(recentChain(undefined, fields, fresh)).not.toBe(recentChain(undefined, fields, fresh));
});

test("options that fail fail again", () => {
  for (let time = 0; time < 2; time++) expect(() => parseStepOptions({ top_p: 1.5 })).toThrow("top_p");
});

test("thousands of different options leave only a bounded number remembered", () => {
  const first = recentChain(undefined, { top_k: 1000 }, fresh);
  for (let k = 0; k < 1000; k++) recentChain(undefined, { top_k: 2000 + k }, fresh);
  expect(recentChain(undefined, { top_k: 1000 }, fresh)).not.toBe(first);
});
