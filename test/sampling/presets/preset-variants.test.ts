/** One host with several implementations of the same step: what each keeps of the same row. */
import { describe, expect, test } from "vitest";
import { parseStepOptions } from "../../../src/sampling/options/step-options.ts";
import { PRESETS } from "../../../src/sampling/presets/index.ts";
import { logitsOf, problemOf, sample } from "../sample.ts";

type Options = Readonly<Record<string, unknown>>;

const TIED = [0.4, 0.2, 0.2, 0.2];

function keptBy(host: Options, options: Options, probabilities: readonly number[] = TIED) {
  return sample(logitsOf(probabilities), { ...host, seed: 1, kept_token_ids: true, ...options })
    .kept_token_ids;
}

describe("what a variant keeps of 0.4 0.2 0.2 0.2", () => {
  test.each([
    // two of three tied tokens fit: PyTorch's sort, Triton's search, FlashInfer's rejection
    ["vllm", "pytorch", { top_k: 3 }, [0, 1, 2, 3]],
    ["vllm", "triton", { top_k: 3 }, [0, 1, 2]],
    ["vllm", "flashinfer", { top_k: 3 }, [0, 1, 2, 3]],
    ["vllm", "pytorch", { top_p: 0.7 }, [0, 2, 3]],
    ["vllm", "triton", { top_p: 0.7 }, [0, 1, 2]],
    ["vllm", "flashinfer", { top_p: 0.7 }, [0, 1, 2, 3]],
    // the tokens before the first of them hold 0.4, exactly p, which only SGLang's sort accepts
    ["sglang", "pytorch", { top_p: 0.4 }, [0, 1]],
    ["sglang", "flashinfer", { top_p: 0.4 }, [0]],
    ["sglang", "pytorch", { top_k: 2 }, [0, 1]],
    ["sglang", "flashinfer", { top_k: 2 }, [0, 1, 2, 3]],
    ["exllamav3", "fused", { top_k: 2 }, [0, 1, 2, 3]],
    ["exllamav3", "steps", { top_k: 2 }, [0, 1]],
    ["tensorrt-llm", "flashinfer", { top_p: 0.7 }, [0, 1, 2, 3]],
    ["tensorrt-llm", "pytorch", { top_p: 0.7 }, [0, 1, 2]],
    ["ollama", "mlx", { top_k: 2, top_p: 1 }, [0, 1]],
    ["aphrodite", "triton", { top_p: 0.7 }, [0, 1, 2]],
  ])("%s, %s: %j gives %j", (preset, variant, options, kept) => {
    expect(keptBy({ preset, variant }, options)).toEqual(kept);
  });

  test("the first is the one that holds when none is named", () => {
    for (const { name, variants = [] } of PRESETS)
      for (const options of [{ top_k: 2 }, { top_p: 0.7 }])
        if (variants[0] !== undefined)
          expect(keptBy({ preset: name }, options)).toEqual(
            keptBy({ preset: name, variant: variants[0].name }, options),
          );
  });

  test("what the request says wins over the variant", () => {
    expect(keptBy({ preset: "vllm", variant: "triton" }, { top_k: 3, ties: "keep" })).toEqual([0, 1, 2, 3]);
  });

  test("SGLang with FlashInfer takes top-p of what top-k left once there is a min_p", () => {
    // in the whole row 0.4 is below 0.5 and 0.7 is not; among the best two 4/7 is not
    const row = [0.4, 0.3, 0.2, 0.1];
    const host = { preset: "sglang", variant: "flashinfer" };
    expect(keptBy(host, { top_k: 2, top_p: 0.5 }, row)).toEqual([0, 1]);
    expect(keptBy(host, { top_k: 2, top_p: 0.5, min_p: 0 }, row)).toEqual([0, 1]);
    expect(keptBy(host, { top_k: 2, top_p: 0.5, min_p: 0.001 }, row)).toEqual([0]);
    expect(keptBy({ preset: "sglang" }, { top_k: 2, top_p: 0.5, min_p: 0.001 }, row)).toEqual([0, 1]);
  });

  test("TensorRT-LLM's C++ sampler takes the penalties behind the temperature", () => {
    const asked = { temperature: 0.5, presence_penalty: 1, history: [0], logprobs: true, seed: 1 };
    const gap = (variant: string) => {
      const named = sample([1, 0], {
        preset: "tensorrt-llm",
        variant,
        ...asked,
        logprob_token_ids: [0, 1],
        logprobs_mode: "processed",
      }).named_logprobs!;
      return named[0]!.logprob! - named[1]!.logprob!;
    };
    expect(gap("pytorch")).toBeCloseTo((1 - 1) / 0.5, 6);
    expect(gap("cpp")).toBeCloseTo(1 / 0.5 - 1, 6);
  });
});

describe("a variant that is not there", () => {
  test.each([
    [
      { preset: "vllm", variant: "tritn" },
      'preset "vllm" has the variants pytorch, triton, flashinfer, got variant "tritn"; did you mean "triton"?',
    ],
    [{ preset: "default", variant: "triton" }, 'preset "default" has no variants, got variant "triton"'],
    [{ variant: "triton" }, 'preset "default" has no variants, got variant "triton"'],
  ])("%j", (options, sentence) => {
    const problem = problemOf(() => parseStepOptions(options));
    expect([problem.code, problem.pointer]).toEqual(["option_conflict", "/variant"]);
    expect(problem.message).toBe(sentence);
  });

  test("a chain takes none", () => {
    const { code } = problemOf(() => parseStepOptions({ chain: [], variant: "triton" }));
    expect(code).toBe("option_conflict");
  });
});

describe("values that a host writes in its own way", () => {
  test.each([
    ["vllm", { top_k: -1 }],
    ["sglang", { top_k: -1 }],
    ["aphrodite", { top_k: -1 }],
    ["llama.cpp", { top_k: -1, top_p: 1, min_p: 0 }],
    ["mlx-lm", { top_p: 0, temperature: 1 }],
    ["onnxruntime-genai", { top_p: 0 }],
    ["mistral.rs", { top_k: -1, top_p: 0, min_p: 1, temperature: 1 }],
  ])("%s: %j keeps all", (preset, options) => {
    expect(keptBy({ preset }, options)).toEqual([0, 1, 2, 3]);
  });

  test.each([
    [{ top_k: -1 }, "top_k must be a whole number of at least 0 (0 is off), got -1"],
    [{ preset: "transformers", top_k: -1 }, "top_k must be a whole number of at least 0 (0 is off), got -1"],
    [{ preset: "vllm", top_k: -2 }, "top_k must be a whole number of at least 0 (0 is off), got -2"],
  ])("%j is refused", (options, sentence) => {
    expect(problemOf(() => parseStepOptions(options)).message).toBe(sentence);
  });
});

describe("an option that the host's stage does not have", () => {
  test("min_keep does not reach llama.cpp's top-n-sigma, and does in a chain", () => {
    const row = [1, 2.5, -0.3, 2.4, 0.1, 0.2, 0.3, 1.1];
    const asked = { top_n_sigma: 0.1, min_keep: 3 };
    const kept = (options: Options) =>
      sample(row, { seed: 1, kept_token_ids: true, ...options }).kept_token_ids;
    expect(kept({ preset: "llama.cpp", ...asked, top_p: 1, min_p: 0 })).toEqual([1]);
    expect(kept({ chain: [{ stage: "top_n_sigma", ...asked }] })).toEqual([1, 3, 7]);
    expect(kept({ preset: "default", ...asked })).toEqual([1, 3, 7]);
  });
});

describe("temperatures near 0", () => {
  test.each([
    // ln(p₁/p₀) of logits 0.01 apart is 0.01/T
    ["vllm", 0.005, 1],
    ["vllm", 0.01, 1],
    ["vllm", 0.02, 0.5],
    ["default", 0.005, 2],
  ])("%s at %d", (preset, temperature, odds) => {
    const asked = { logprobs: true, logprobs_mode: "processed", logprob_token_ids: [0, 1] };
    const named = sample([1, 1.01, 1], { preset, temperature, seed: 1, ...asked }).named_logprobs!;
    expect(named[1]!.logprob! - named[0]!.logprob!).toBeCloseTo(odds, 4);
  });

  test("SGLang is greedy below a millionth, vLLM only at 0", () => {
    const kept = (preset: string, temperature: number) =>
      sample([1, 1, 1], { preset, temperature, seed: 1 }).kept;
    expect([kept("sglang", 9e-7), kept("sglang", 1e-6), kept("vllm", 9e-7), kept("vllm", 0)]).toEqual([
      1, 3, 3, 1,
    ]);
  });
});
