import { describe, expect, test } from "vitest";
import { parseStepOptions } from "../../../src/sampling/options/step-options.ts";
import { DEFAULT_PRESET, PRESETS } from "../../../src/sampling/presets/index.ts";
import { type Preset, stageOf, withVariant } from "../../../src/sampling/presets/preset.ts";
import { STAGES } from "../../../src/sampling/stages/index.ts";
import { problemOf, sample } from "../sample.ts";

const STAGE_NAMES = STAGES.map(({ name }) => name);

/** The names of the stages that run for these options, in order. */
function stagesFor(preset: string, options: Readonly<Record<string, unknown>> = {}): string[] {
  return parseStepOptions({ preset, ...options }).chain.map(({ stage }) => stage.name);
}

/** The preset with each of its variants, or unchanged. */
const forms = (preset: Preset): readonly Preset[] =>
  preset.variants === undefined ? [preset] : preset.variants.map((variant) => withVariant(preset, variant));

const places = (preset: Preset) =>
  forms(preset).flatMap(({ order, instead }) => [...order, ...(instead?.order ?? [])]);

describe("presets", () => {
  test("have different names, and the default is the first", () => {
    expect(PRESETS.map(({ name }) => name)).toEqual([
      "default",
      "openai",
      "llama.cpp",
      "vllm",
      "transformers",
      "sglang",
      "koboldcpp",
      "exllamav3",
      "transformers.js",
      "web-llm",
      "ollama",
      "mlx-lm",
      "lmdeploy",
      "mistral.rs",
      "tensorrt-llm",
      "onnxruntime-genai",
      "text-generation-webui",
      "aphrodite",
    ]);
    expect(PRESETS[0]).toBe(DEFAULT_PRESET);
  });

  test("the default has a place for every stage", () => {
    const of_hosts = STAGES.filter((stage) => !stage.comesFirst).map(({ name }) => name);
    expect(DEFAULT_PRESET.order.map(stageOf).toSorted()).toEqual(of_hosts.toSorted());
  });

  describe.each(PRESETS)("$name", (preset) => {
    test("names only stages that exist, each as an option once", () => {
      for (const place of places(preset)) expect(STAGE_NAMES).toContain(stageOf(place));
      for (const { order } of forms(preset)) {
        const named = order.filter((place) => typeof place === "string");
        expect(new Set(named).size).toBe(named.length);
      }
    });

    test("has defaults and rules that the stages take", () => {
      expect(() => parseStepOptions({ preset: preset.name })).not.toThrow();
      const rules_of_all = forms(preset).flatMap(({ rules, fixed }) => [
        ...Object.entries(rules),
        ...Object.entries(fixed ?? {}),
      ]);
      for (const [stage, rules] of rules_of_all) {
        expect(places(preset).map(stageOf)).toContain(stage);
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

    test("has variants of different names, each of which draws", () => {
      const names = (preset.variants ?? []).map(({ name }) => name);
      expect(new Set(names).size).toBe(names.length);
      for (const variant of names)
        expect(sample([1, 2, 3], { preset: preset.name, variant, seed: 1 }).kept).toBeGreaterThan(0);
    });

    test("draws from a row with nothing asked for", () => {
      expect(sample([1, 2, 3], { preset: preset.name, seed: 1 }).kept).toBeGreaterThan(0);
    });
  });
});

describe("what the hosts do when nothing is asked for", () => {
  test.each([
    ["default", []],
    ["openai", []],
    ["llama.cpp", ["top_k", "top_p", "min_p", "temperature"]],
    ["vllm", []],
    ["transformers", ["top_k"]],
    ["sglang", []],
    ["koboldcpp", ["top_k", "top_k", "top_p", "temperature"]],
    ["exllamav3", []],
    ["transformers.js", ["top_k"]],
    ["web-llm", []],
    ["ollama", ["top_k", "top_p", "temperature"]],
    ["mlx-lm", ["temperature"]],
    ["lmdeploy", ["temperature", "top_k"]],
    ["mistral.rs", ["temperature"]],
    ["tensorrt-llm", []],
    ["onnxruntime-genai", ["top_k"]],
    ["text-generation-webui", []],
    ["aphrodite", []],
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
    ["default", ["logit_bias", "repetition_penalty", "temperature", "top_k", "top_p", "min_p"]],
    ["llama.cpp", ["logit_bias", "repetition_penalty", "top_k", "top_p", "min_p", "temperature"]],
    ["vllm", ["logit_bias", "repetition_penalty", "temperature", "min_p", "top_k", "top_p"]],
    ["transformers", ["logit_bias", "repetition_penalty", "temperature", "top_k", "top_p", "min_p"]],
    ["sglang", ["repetition_penalty", "logit_bias", "temperature", "top_p", "top_k", "min_p"]],
    ["koboldcpp", ["logit_bias", "top_k", "repetition_penalty", "top_k", "top_p", "min_p", "temperature"]],
    ["exllamav3", ["logit_bias", "repetition_penalty", "temperature", "min_p", "top_k", "top_p"]],
    ["ollama", ["logit_bias", "repetition_penalty", "top_k", "top_p", "min_p", "temperature"]],
    ["mlx-lm", ["logit_bias", "repetition_penalty", "top_p", "min_p", "top_k", "temperature"]],
    ["mistral.rs", ["repetition_penalty", "logit_bias", "temperature", "top_k", "top_p", "min_p"]],
    ["text-generation-webui", ["logit_bias", "repetition_penalty", "temperature", "top_k", "top_p", "min_p"]],
    ["aphrodite", ["logit_bias", "repetition_penalty", "temperature", "min_p", "top_k", "top_p"]],
  ])("%s: %j", (preset, stages) => {
    expect(stagesFor(preset, ASKED)).toEqual(stages);
  });

  test.each([
    [
      "transformers.js",
      { temperature: 0.5, top_k: 2, repetition_penalty: 1.1, logit_bias: {}, no_repeat_ngram_size: 3 },
      ["repetition_penalty", "no_repeat_ngram_size", "logit_bias", "temperature", "top_k"],
    ],
    [
      "web-llm",
      { temperature: 0.5, top_p: 0.9, repetition_penalty: 1.1, frequency_penalty: 1, logit_bias: {} },
      ["logit_bias", "frequency_penalty", "repetition_penalty", "temperature", "top_p"],
    ],
    [
      "lmdeploy",
      { temperature: 0.5, top_k: 2, top_p: 0.9, min_p: 0.1, repetition_penalty: 1.1, bad_words_ids: [[1]] },
      ["repetition_penalty", "temperature", "bad_words_ids", "top_k", "top_p", "min_p"],
    ],
    [
      "tensorrt-llm",
      {
        temperature: 0.5,
        top_k: 2,
        top_p: 0.9,
        repetition_penalty: 1.1,
        bad_words_ids: [[1]],
        logit_bias: {},
      },
      ["logit_bias", "repetition_penalty", "bad_words_ids", "temperature", "top_k", "top_p"],
    ],
    [
      "onnxruntime-genai",
      { temperature: 0.5, top_k: 2, top_p: 0.9, repetition_penalty: 1.1, no_repeat_ngram_size: 3 },
      ["repetition_penalty", "no_repeat_ngram_size", "temperature", "top_k", "top_p"],
    ],
  ])("%s with %j: %j", (preset, asked, stages) => {
    expect(stagesFor(preset, asked)).toEqual(stages);
  });

  test.each([
    ["transformers.js", { top_p: 0.9 }],
    ["web-llm", { top_k: 40 }],
    ["lmdeploy", { presence_penalty: 1 }],
    ["tensorrt-llm", { typical_p: 0.5 }],
    ["onnxruntime-genai", { logit_bias: {} }],
  ])("%s does not have %j", (preset, asked) => {
    const { code } = problemOf(() => parseStepOptions({ preset, ...asked }));
    expect(code).toBe("option_conflict");
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

describe("the preset openai", () => {
  test("takes what OpenAI's API takes", () => {
    const asked = {
      logit_bias: { "0": 1 },
      presence_penalty: 1,
      frequency_penalty: 1,
      temperature: 0.5,
      top_p: 0.9,
    };
    expect(stagesFor("openai", asked)).toEqual(Object.keys(asked));
  });

  test.each([{ min_p: 0.1 }, { top_k: 5 }, { repetition_penalty: 1.1 }])(
    "refuses %j, which OpenAI does not have",
    (asked) => {
      expect(() => stagesFor("openai", asked)).toThrow(
        `preset "openai" has no stage ${Object.keys(asked)[0]}`,
      );
    },
  );
});

test("TensorRT-LLM's TorchSampler takes min_p behind the temperature and before top_k; its former sampler has none", () => {
  const asked = { top_p: 0.9, top_k: 5, min_p: 0.1, temperature: 0.5 };
  for (const variant of ["flashinfer", "pytorch"])
    expect(stagesFor("tensorrt-llm", { ...asked, variant })).toEqual([
      "temperature",
      "min_p",
      "top_k",
      "top_p",
    ]);
  expect(() => stagesFor("tensorrt-llm", { ...asked, variant: "cpp" })).toThrow("has no stage min_p");
});
