import { expect, test } from "vitest";
import { amongKnown, didYouMean } from "../src/nearest.ts";
import { PRESETS } from "../src/sampling/presets/index.ts";
import { STAGES } from "../src/sampling/stages/index.ts";

const OPTIONS = STAGES.flatMap(({ options }) => Object.keys(options.shape)).filter(
  (name) => name !== "stage",
);
const HOSTS = PRESETS.map(({ name }) => name);

test.each([
  ["temprature", OPTIONS, '; did you mean "temperature"?'],
  ["temperatuer", OPTIONS, '; did you mean "temperature"?'],
  ["topP", OPTIONS, '; did you mean "top_p"?'],
  ["Top-K", OPTIONS, '; did you mean "top_k"?'],
  ["temp", OPTIONS, '; did you mean "temperature"?'],
  ["repetiton_penalty", OPTIONS, '; did you mean "repetition_penalty"?'],
  ["min_q", OPTIONS, '; did you mean "min_k" or "min_p"?'],
  ["top_q", ["top_k", "top_p", "min_p"], '; did you mean "top_k" or "top_p"?'],
  ["wall", ["wallet", "wall_street", "wallet_size"], '; did you mean "wallet" or "wall_street"?'],
  ["max_new_tokens", OPTIONS, ""],
  ["lama.cpp", HOSTS, '; did you mean "llama.cpp"?'],
  ["vLLM", HOSTS, '; did you mean "vllm"?'],
  ["gpt", HOSTS, ""],
  ["x", ["n"], ""],
  ["", ["n"], ""],
  [7, ["7"], ""],
  ["t".repeat(1_000_000), OPTIONS, ""],
])("%j", (given, known, sentence) => {
  expect(didYouMean(given, known)).toBe(sentence);
});

test("what is known comes behind what was perhaps meant", () => {
  expect(amongKnown("topk", ["top_k", "min_p"])).toBe('; did you mean "top_k"? Known: top_k, min_p');
  expect(amongKnown("beams", ["top_k", "min_p"])).toBe("; known: top_k, min_p");
});
