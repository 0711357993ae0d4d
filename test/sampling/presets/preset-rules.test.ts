/** The same row under the rules of different hosts: which tokens each keeps, according to its source. */
import { describe, expect, test } from "vitest";
import { parseStepOptions } from "../../../src/sampling/options/step-options.ts";
import { logitsOf, sample } from "../sample.ts";

function keptBy(
  preset: string,
  probabilities: readonly number[],
  options: Readonly<Record<string, unknown>>,
) {
  return sample(logitsOf(probabilities), { preset, seed: 1, kept_token_ids: true, ...options })
    .kept_token_ids;
}

describe("where hosts differ on the same row", () => {
  test("temperature last: llama.cpp cuts 0.5 0.3 0.2 at 0.75 before it flattens, others after", () => {
    // 0.5 + 0.3 ≥ 0.75; at T = 2: √0.5 √0.3 √0.2 → 0.4155 0.3218 0.2627, and 0.4155 + 0.3218 < 0.75
    const options = { temperature: 2, top_p: 0.75, top_k: 0, min_p: 0 };
    expect(keptBy("llama.cpp", [0.5, 0.3, 0.2], options)).toEqual([0, 1]);
    expect(keptBy("vllm", [0.5, 0.3, 0.2], options)).toEqual([0, 1, 2]);
  });

  test("SGLang's top-p does not renormalise what top-k left", () => {
    // after top-k 2 of 0.4 0.3 0.2 0.1 the first has 4/7 = 0.571 ≥ 0.5; in the whole row it has only 0.4
    const options = { top_k: 2, top_p: 0.5 };
    expect(keptBy("sglang", [0.4, 0.3, 0.2, 0.1], options)).toEqual([0, 1]);
    expect(keptBy("vllm", [0.4, 0.3, 0.2, 0.1], options)).toEqual([0]);
  });

  test("SGLang also keeps the token that the mass before it exactly reaches", () => {
    expect(keptBy("sglang", [0.5, 0.3, 0.2], { top_p: 0.5 })).toEqual([0, 1]);
    expect(keptBy("default", [0.5, 0.3, 0.2], { top_p: 0.5 })).toEqual([0]);
  });

  test("ExLlamaV3 dropped the token that passes p before version 1, with its ties; now it keeps it", () => {
    const old = { top_p_crossing: "drop" };
    expect(keptBy("exllamav3", [0.5, 0.3, 0.2], { top_p: 0.7, ...old })).toEqual([0]);
    expect(keptBy("exllamav3", [0.4, 0.2, 0.2, 0.2], { top_p: 0.7, ...old })).toEqual([0]);
    expect(keptBy("exllamav3", [0.5, 0.3, 0.2], { top_p: 0.7 })).toEqual([0, 1]);
  });

  test("SGLang's repetition penalty sees generated tokens only, the others' the prompt too", () => {
    const options = { repetition_penalty: 2, history: [0, 1], prompt_length: 1, temperature: 1, top_k: 1 };
    const row = [3, 2.9, 2.8];
    const chosen = (preset: string) => sample(row, { preset, seed: 1, ...options }).token_id;
    expect([chosen("sglang"), chosen("vllm"), chosen("transformers")]).toEqual([0, 2, 2]);
  });

  test("koboldcpp looks back 320 tokens, and takes 0.2 for XTC's threshold", () => {
    const { chain } = parseStepOptions({
      preset: "koboldcpp",
      repetition_penalty: 1.1,
      presence_penalty: 0.1,
      dry_multiplier: 1,
      xtc_probability: 0.5,
    });
    const options = Object.fromEntries(chain.map(({ stage, options }) => [stage.name, options]));
    expect(options["repetition_penalty"]).toMatchObject({ penalty_last_n: 320, penalty_scope: "history" });
    expect(options["presence_penalty"]).toMatchObject({ penalty_last_n: 320, penalty_scope: "history" });
    expect(options["dry"]).toMatchObject({ dry_penalty_last_n: 320, dry_breaker_rule: "cut" });
    expect(options["xtc"]).toMatchObject({ xtc_threshold: 0.2 });
  });

  test.each([
    ["default", 2],
    ["llama.cpp", 2],
    ["sglang", 2],
    ["koboldcpp", 2],
    ["vllm", 4],
    ["transformers", 4],
    ["exllamav3", 4],
    ["transformers.js", 2],
    ["ollama", 2],
    ["mlx-lm", 2],
    ["lmdeploy", 2],
    ["mistral.rs", 2],
    ["tensorrt-llm", 4],
    ["onnxruntime-genai", 2],
    ["text-generation-webui", 4],
    ["aphrodite", 4],
  ])("top_k 2 of 0.4 0.2 0.2 0.2, of which three tie: %s keeps %i", (preset, kept) => {
    expect(keptBy(preset, [0.4, 0.2, 0.2, 0.2], { top_k: 2, temperature: 1 })).toHaveLength(kept);
  });

  test("web-llm takes off before it scales, and only for generated tokens", () => {
    // prompt 0, generated 1: 3 and (2.9 − 2) / 2 = 0.45 and 2.8
    const options = {
      presence_penalty: 2,
      repetition_penalty: 2,
      history: [0, 1],
      prompt_length: 1,
      seed: 1,
    };
    const asked = { logprobs: true, logprobs_mode: "processed", logprob_token_ids: [0, 1, 2] };
    const named = sample([3, 2.9, 2.8], { preset: "web-llm", ...options, ...asked }).named_logprobs!;
    expect(named[0]!.logprob! - named[1]!.logprob!).toBeCloseTo(3 - 0.45, 6);
    expect(named[0]!.logprob! - named[2]!.logprob!).toBeCloseTo(0.2, 6);
  });

  test("koboldcpp looks at the best 3,000 tokens only", () => {
    const row = Array.from({ length: 4000 }, (_, id) => -id / 1000);
    const reply = sample(row, { preset: "koboldcpp", top_k: 0, top_p: 1, temperature: 1, seed: 1 });
    expect(reply.kept).toBe(3000);
  });

  test("llama.cpp's penalties see the last 64 tokens, prompt included; vLLM's presence penalty the generated ones", () => {
    const options = {
      presence_penalty: 5,
      history: [0, 1],
      prompt_length: 1,
      temperature: 1,
      top_p: 1,
      logprobs: true,
    };
    const told = (preset: string, extra = {}) =>
      sample([0, 0, 0], {
        preset,
        seed: 1,
        ...options,
        ...extra,
        top_logprobs: 3,
        logprobs_mode: "processed",
      })
        .top_logprobs!.toSorted((a, b) => a.token_id - b.token_id)
        .map(({ logprob }) => Math.round(logprob! * 100) / 100);
    // e^−5: ln(1 / (1 + 2e^−5)) = −0.01
    expect(told("llama.cpp", { min_p: 0, top_k: 0 })).toEqual([-5.01, -5.01, -0.01]);
    // ln(1 / (2 + e^−5)) = −0.70
    expect(told("vllm")).toEqual([-0.7, -5.7, -0.7]);
    const far = [0, ...new Array<number>(64).fill(1)];
    expect(told("llama.cpp", { history: far, prompt_length: 0, min_p: 0, top_k: 0 })).toEqual([
      -0.7, -5.7, -0.7,
    ]);
  });
});

describe("seed -1", () => {
  test.each(["llama.cpp", "koboldcpp", "ollama", "text-generation-webui", "vllm", "aphrodite"])(
    "%s draws one for it, and so does its preset",
    (preset) => {
      const seeds = Array.from({ length: 3 }, () => sample([1, 2, 3], { preset, seed: -1 }).seed);
      expect(new Set(seeds).size).toBe(3);
      expect(sample([1, 2, 3], { preset, seed: "-1" }).seed).not.toBe("-1");
    },
  );

  test.each(["default", "transformers", "sglang"])("is a seed like any other under %s", (preset) => {
    expect(sample([1, 2, 3], { preset, seed: -1 }).seed).toBe("-1");
  });
});
