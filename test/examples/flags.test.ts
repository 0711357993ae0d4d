import { expect, test } from "vitest";
import { countFlag, parseFlags } from "../../examples/model-host/flags.ts";

test("host flags are text; all others are sampling options with JSON values", () => {
  const words = [
    "--prompt",
    "The whale",
    "--temperature",
    "0.8",
    "--top_k=40",
    "--preset",
    "vllm",
    "--trace",
  ];
  const flags = parseFlags(words, ["prompt"]);
  expect([...flags.host]).toEqual([["prompt", "The whale"]]);
  expect(flags.sampling).toEqual({ temperature: 0.8, top_k: 40, preset: "vllm", trace: true });
});

test("objects, negative numbers and text with an equals sign pass through", () => {
  const flags = parseFlags(
    ["--logit_bias", '{"11":-5}', "--presence_penalty", "-0.5", "--prompt=a=b"],
    ["prompt"],
  );
  expect(flags.sampling).toEqual({ logit_bias: { "11": -5 }, presence_penalty: -0.5 });
  expect(flags.host.get("prompt")).toBe("a=b");
});

test("a 64-bit seed stays text so that no digit is lost", () => {
  expect(parseFlags(["--seed", "18446744073709551615"], []).sampling).toEqual({
    seed: "18446744073709551615",
  });
});

test("a word that is no flag is refused by name", () => {
  expect(() => parseFlags(["hello"], [])).toThrow("got hello");
});

test.each(["0", "-3", "1.5", "many"])("--max_tokens %s is refused", (text) => {
  expect(() => countFlag(parseFlags([`--max_tokens=${text}`], ["max_tokens"]), "max_tokens", 80)).toThrow(
    text,
  );
});
