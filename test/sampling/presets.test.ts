import { describe, expect, test } from "vitest";
import { type Preset, stageOf } from "../../src/sampling/preset.ts";
import { DEFAULT_PRESET, PRESETS } from "../../src/sampling/presets.ts";
import { STAGES } from "../../src/sampling/stages/index.ts";
import { parseStepOptions } from "../../src/sampling/step-options.ts";
import { logitsOf, problemOf, sample } from "./sample.ts";

const STAGE_NAMES = STAGES.map(({ name }) => name);

/** Names of the stages that run for these options, in order. */
function stagesFor(preset: string, options: Readonly<Record<string, unknown>> = {}): string[] {
  return parseStepOptions({ preset, ...options }).chain.map(({ stage }) => stage.name);
}

function keptBy(
  preset: string,
  probabilities: readonly number[],
  options: Readonly<Record<string, unknown>>,
) {
  return sample(logitsOf(probabilities), { preset, seed: 1, kept_token_ids: true, ...options })
    .kept_token_ids;
}

const places = ({ order, instead }: Preset) => [...order, ...(instead?.order ?? [])];

describe("presets", () => {
  test("have different names, and the default is the first", () => {
    expect(PRESETS.map(({ name }) => name)).toEqual([
      "openai",
      "llama.cpp",
      "vllm",
      "transformers",
      "sglang",
      "koboldcpp",
      "exllamav3",
    ]);
    expect(PRESETS[0]).toBe(DEFAULT_PRESET);
  });

  test("the default has a place for every stage", () => {
    const of_hosts = STAGES.filter((stage) => !stage.correctsModel).map(({ name }) => name);
    expect(DEFAULT_PRESET.order.map(stageOf).toSorted()).toEqual(of_hosts.toSorted());
  });

  describe.each(PRESETS)("$name", (preset) => {
    test("names only stages that exist, each as an option once", () => {
      for (const place of places(preset)) expect(STAGE_NAMES).toContain(stageOf(place));
      const named = preset.order.filter((place) => typeof place === "string");
      expect(new Set(named).size).toBe(named.length);
    });

    test("has defaults and rules that the stages take", () => {
      expect(() => parseStepOptions({ preset: preset.name })).not.toThrow();
      for (const [stage, rules] of Object.entries(preset.rules)) {
        expect(preset.order.map(stageOf)).toContain(stage);
        const { shape } = STAGES.find(({ name }) => name === stage)!.options;
        for (const [option, value] of Object.entries(rules))
          expect(shape[option]?.safeParse(value).success, `${stage}.${option}`).toBe(true);
      }
    });

    test("is plain data that says where it comes from and where it deviates", () => {
      expect(JSON.parse(JSON.stringify(preset))).toEqual(preset);
      expect(preset.notes.length).toBeGreaterThan(0);
      expect(preset.source.url).toMatch(/^https:/);
    });

    test("draws from a row with nothing asked for", () => {
      expect(sample([1, 2, 3], { preset: preset.name, seed: 1 }).kept).toBeGreaterThan(0);
    });
  });
});

describe("what the hosts do when nothing is asked for", () => {
  test.each([
    ["openai", []],
    ["llama.cpp", ["top_k", "top_p", "min_p", "temperature"]],
    ["vllm", []],
    ["transformers", ["top_k"]],
    ["sglang", []],
    ["koboldcpp", ["top_k", "top_k", "top_p", "temperature"]],
    ["exllamav3", []],
  ])("%s runs %j", (preset, stages) => {
    expect(stagesFor(preset)).toEqual(stages);
  });
});

describe("the order of a host", () => {
  const ASKED = {
    temperature: 0.5,
    top_k: 2,
    top_p: 0.9,
    min_p: 0.1,
    repetition_penalty: 1.1,
    logit_bias: {},
  };

  test.each([
    ["openai", ["logit_bias", "repetition_penalty", "temperature", "top_k", "top_p", "min_p"]],
    ["llama.cpp", ["logit_bias", "repetition_penalty", "top_k", "top_p", "min_p", "temperature"]],
    ["vllm", ["logit_bias", "repetition_penalty", "temperature", "min_p", "top_k", "top_p"]],
    ["transformers", ["logit_bias", "repetition_penalty", "temperature", "top_k", "top_p", "min_p"]],
    ["sglang", ["repetition_penalty", "logit_bias", "temperature", "top_p", "top_k", "min_p"]],
    ["koboldcpp", ["logit_bias", "top_k", "repetition_penalty", "top_k", "top_p", "min_p", "temperature"]],
  ])("%s: %j", (preset, stages) => {
    expect(stagesFor(preset, ASKED)).toEqual(stages);
  });

  test("exllamav3 filters by min-p, top-k and top-p behind the temperature", () => {
    const { logit_bias: _, ...asked } = ASKED;
    expect(stagesFor("exllamav3", asked)).toEqual([
      "repetition_penalty",
      "temperature",
      "min_p",
      "top_k",
      "top_p",
    ]);
  });

  test("what the request says wins over the host's defaults and rules", () => {
    const { chain } = parseStepOptions({
      preset: "llama.cpp",
      top_k: 7,
      repetition_penalty: 1.2,
      penalty_last_n: 9,
    });
    const options = Object.fromEntries(chain.map(({ stage, options }) => [stage.name, options]));
    expect(options["top_k"]).toMatchObject({ top_k: 7 });
    expect(options["repetition_penalty"]).toMatchObject({ penalty_last_n: 9, penalty_scope: "history" });
  });

  test("dynatemp takes the place of the temperature, with the host's temperature as its middle", () => {
    const { chain } = parseStepOptions({ preset: "llama.cpp", dynatemp_range: 0.3 });
    expect(chain.map(({ stage }) => stage.name)).toEqual(["top_k", "top_p", "min_p", "dynatemp"]);
    expect(chain.at(-1)?.options).toMatchObject({ temperature: 0.8, dynatemp_range: 0.3 });
  });

  test("an option whose stage the host does not have is an error, not ignored", () => {
    const problem = problemOf(() => parseStepOptions({ preset: "vllm", xtc_probability: 0.5 }));
    expect([problem.code, problem.pointer]).toEqual(["option_conflict", "/xtc_probability"]);
    expect(problem.message).toBe('preset "vllm" has no stage xtc; list the stages in chain');
  });
});

describe("mirostat in llama.cpp", () => {
  test.each([1, 2])("version %i leaves only bias and temperature before it", (mirostat) => {
    expect(stagesFor("llama.cpp", { mirostat, logit_bias: {} })).toEqual([
      "logit_bias",
      "temperature",
      "mirostat",
    ]);
  });

  test("version 0 changes nothing", () => {
    expect(stagesFor("llama.cpp", { mirostat: 0 })).toEqual([
      "top_k",
      "top_p",
      "min_p",
      "temperature",
      "mirostat",
    ]);
  });

  test("asking for another cut besides is an error that says why", () => {
    const problem = problemOf(() => parseStepOptions({ preset: "llama.cpp", mirostat: 2, top_k: 40 }));
    expect([problem.code, problem.pointer]).toEqual(["option_conflict", "/top_k"]);
    expect(problem.message).toBe(
      'preset "llama.cpp" with mirostat 2 has no stage top_k; list the stages in chain',
    );
  });

  test("koboldcpp keeps its beginning", () => {
    expect(stagesFor("koboldcpp", { mirostat: 2, repetition_penalty: 1.1 })).toEqual([
      "top_k",
      "repetition_penalty",
      "temperature",
      "mirostat",
    ]);
  });
});

describe("where hosts differ on the same row", () => {
  test("temperature last: llama.cpp cuts 0.5 0.3 0.2 at 0.75 before it flattens, others after", () => {
    // 0.5 + 0.3 ≥ 0.75; at T = 2: √0.5 √0.3 √0.2 → 0.4155 0.3218 0.2627, and 0.4155 + 0.3218 < 0.75
    const options = { temperature: 2, top_p: 0.75, top_k: 0, min_p: 0 };
    expect(keptBy("llama.cpp", [0.5, 0.3, 0.2], options)).toEqual([0, 1]);
    expect(keptBy("vllm", [0.5, 0.3, 0.2], options)).toEqual([0, 1, 2]);
  });

  test("SGLang's top-p does not renormalise what top-k left", () => {
    // after top-k 2 of 0.4 0.3 0.2 0.1 the first has 4/7 = 0.571 ≥ 0.5; of the whole row it has only 0.4
    const options = { top_k: 2, top_p: 0.5 };
    expect(keptBy("sglang", [0.4, 0.3, 0.2, 0.1], options)).toEqual([0, 1]);
    expect(keptBy("vllm", [0.4, 0.3, 0.2, 0.1], options)).toEqual([0]);
  });

  test("SGLang also keeps the token that the mass before it exactly reaches", () => {
    expect(keptBy("sglang", [0.5, 0.3, 0.2], { top_p: 0.5 })).toEqual([0, 1]);
    expect(keptBy("openai", [0.5, 0.3, 0.2], { top_p: 0.5 })).toEqual([0]);
  });

  test("ExLlamaV3 drops the token that passes p, with its ties; others keep it", () => {
    expect(keptBy("exllamav3", [0.5, 0.3, 0.2], { top_p: 0.7 })).toEqual([0]);
    expect(keptBy("exllamav3", [0.5, 0.3, 0.2], { top_p: 0.8 })).toEqual([0, 1]);
    expect(keptBy("exllamav3", [0.4, 0.2, 0.2, 0.2], { top_p: 0.7 })).toEqual([0]);
    expect(keptBy("vllm", [0.5, 0.3, 0.2], { top_p: 0.7 })).toEqual([0, 1]);
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
    ["openai", 2],
    ["llama.cpp", 2],
    ["sglang", 2],
    ["koboldcpp", 2],
    ["vllm", 4],
    ["transformers", 4],
    ["exllamav3", 4],
  ])("top_k 2 of 0.4 0.2 0.2 0.2, of which three tie: %s keeps %i", (preset, kept) => {
    expect(keptBy(preset, [0.4, 0.2, 0.2, 0.2], { top_k: 2, top_p: 1 })).toHaveLength(kept);
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
