/** The defaults of hosts, number by number. Most of them change no token of most rows. */
import { expect, test } from "vitest";
import { PRESETS } from "../../../src/sampling/presets/index.ts";

test.each([
  ["default", {}],
  ["openai", {}],
  ["llama.cpp", { temperature: 0.8, top_k: 40, top_p: 0.95, min_p: 0.05 }],
  ["vllm", {}],
  ["transformers", { top_k: 50 }],
  ["sglang", {}],
  ["koboldcpp", { temperature: 0.75, top_k: 100, top_p: 0.92 }],
  ["exllamav3", {}],
  ["transformers.js", { top_k: 50 }],
])("%s: %j", (name, defaults) => {
  expect(PRESETS.find((preset) => preset.name === name)?.defaults).toEqual(defaults);
});
