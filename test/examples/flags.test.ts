import { describe, expect, test } from "vitest";
import { divideWords, hostOptions, requireTaken } from "../../examples/model-host/flags.ts";
import { flag, Misuse, readWords } from "../../src/command-line.ts";
import { parseStepOptions } from "../../src/sampling/options/step-options.ts";

const OPTIONS = { ...hostOptions("Once", 80), keep: flag("stays") };
const COMMAND = { name: "host", about: "A host.", options: OPTIONS };
const divided = (...words: string[]) => divideWords(words, OPTIONS);
const hostValues = (...words: string[]) => readWords(COMMAND, divided(...words).own);

test("the host's own options are its own; all others are sampling options with JSON values", () => {
  const words = ["--prompt", "The whale", "--temperature", "0.8", "--top_k=40", "--preset", "vllm"];
  expect(divided(...words, "--trace", "--keep").sampling).toEqual({
    temperature: 0.8,
    top_k: 40,
    preset: "vllm",
    trace: true,
  });
  expect(hostValues(...words, "--trace", "--keep")).toMatchObject({
    values: { prompt: "The whale", max_tokens: 80, format: "binary", keep: true },
  });
});

test("objects, negative numbers and text with an equals sign or a dash pass through", () => {
  const words = ["--logit_bias", '{"11":-5}', "--presence_penalty", "-0.5", "--prompt=a=b"];
  expect(divided(...words).sampling).toEqual({ logit_bias: { "11": -5 }, presence_penalty: -0.5 });
  expect(hostValues(...words)).toMatchObject({ values: { prompt: "a=b" } });
  expect(hostValues("--prompt", "-5 degrees")).toMatchObject({ values: { prompt: "-5 degrees" } });
});

test("a 64-bit seed stays text so that no digit is lost", () => {
  expect(divided("--seed", "18446744073709551615").sampling).toEqual({ seed: "18446744073709551615" });
});

test.each(["--help", "-h"])("%s is asked of the host, whatever else there is", (word) => {
  expect(hostValues("--top_k", "40", word)).toMatch(
    /^host \[options\](.|\n)*--max_tokens N +tokens of a text/,
  );
});

describe("what is wrong is refused with its value", () => {
  test.each([
    [["hello"], "expected only options, got hello"],
    [["--max_tokens=0"], "--max_tokens must be a whole number of at least 1, got 0"],
    [["--max_tokens", "1.5"], "--max_tokens must be a whole number of at least 1, got 1.5"],
    [["--max_tokens", "many"], "--max_tokens must be a whole number of at least 1, got many"],
    [["--format", "xml"], "--format must be one of binary, json, base64, got xml"],
    [["--prompt"], "--prompt needs a value"],
    [["--prompt", "--keep"], "--prompt needs a value"],
  ])("%j", (words, sentence) => {
    expect(() => hostValues(...words)).toThrow(sentence);
  });

  test("sampling options that the service would refuse, with its sentence", () => {
    const check = (sampling: Record<string, unknown>) => () => requireTaken(sampling, parseStepOptions);
    expect(check({ temperature: 0.8, seed: 7 })).not.toThrow();
    expect(check({ temprature: 0.8 })).toThrow(Misuse);
    expect(check({ temprature: 0.8 })).toThrow(/temprature.*did you mean "temperature"/);
    expect(check({ top_p: 7 })).toThrow(/got 7/);
  });
});
