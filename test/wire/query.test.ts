/** Query strings give the same options as JSON. */
import { describe, expect, test } from "vitest";
import { Problem } from "../../src/errors.ts";
import { parseQuery } from "../../src/wire/query.ts";

const LISTS = new Set(["shape", "stop_token_ids"]);

test.each<[string, string, unknown]>([
  ["nothing", "", {}],
  ["numbers", "a=1&b=-0.5&c=1e-3", { a: 1, b: -0.5, c: 0.001 }],
  ["words of JSON", "a=true&b=false&c=null", { a: true, b: false, c: null }],
  ["text", "preset=vllm&dtype=f16", { preset: "vllm", dtype: "f16" }],
  [
    "text that is almost a number",
    "a=1x&b=01&c=.5&d=0x1f&e=1e",
    { a: "1x", b: "01", c: ".5", d: "0x1f", e: "1e" },
  ],
  ["NaN and Infinity as text", "a=NaN&b=Infinity&c=-inf", { a: "NaN", b: "Infinity", c: "-inf" }],
  ["64-bit seeds as text", "seed=18446744073709551615", { seed: "18446744073709551615" }],
  ["small seeds as numbers", "seed=7&x=-7", { seed: 7, x: -7 }],
  ["lists", "shape=64,128256&stop_token_ids=2", { shape: [64, 128256], stop_token_ids: [2] }],
  ["an empty list", "shape=", { shape: [] }],
  ["a list in JSON", "shape=[2,3]&a=[1,[2]]", { shape: [2, 3], a: [1, [2]] }],
  ["objects, percent-encoded", "logit_bias=%7B%225%22%3A-100%7D", { logit_bias: { "5": -100 } }],
  ["what looks like JSON and is not, as text", "a={1}&b=[1", { a: "{1}", b: "[1" }],
  ["blanks as plus", "a=x+y", { a: "x y" }],
  ["a comma where no list is due", "a=1,2", { a: "1,2" }],
  ["empty parts", "&a=1&&b=2&", { a: 1, b: 2 }],
  ["names that objects have", "constructor=1&toString=2", { constructor: 1, toString: 2 }],
  ["a quoted text as it is", 'a="x"', { a: '"x"' }],
])("%s", (_name, text, expected) => {
  expect(parseQuery(text, LISTS)).toEqual(expected);
});

describe("what cannot be parsed", () => {
  test.each([
    ["a name twice", "a=1&a=2", "/a"],
    ["__proto__", "__proto__=1", "/__proto__"],
    ["a name without a value", "logprobs", "/logprobs"],
    ["a broken percent sign", "a=%zz", ""],
    ["broken UTF-8", "a=%ff", ""],
  ])("%s", (_name, text, pointer) => {
    let problem: unknown;
    try {
      parseQuery(text, LISTS);
    } catch (error) {
      problem = error;
    }
    expect(problem).toBeInstanceOf(Problem);
    expect(problem).toMatchObject({ code: "malformed_query", pointer });
  });
});
