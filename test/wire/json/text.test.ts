import { describe, expect, test } from "vitest";
import { namesInOrder } from "../../../src/ordered-names.ts";
import { notJson, parseJson } from "../../../src/wire/json/text.ts";

describe("seeds of 64 bits", () => {
  test.each([
    ['{"seed":18446744073709551615}', "18446744073709551615"],
    ['{"seed" :\n -9223372036854775808 }', "-9223372036854775808"],
    ['{"seed":9007199254740993,"step":1}', "9007199254740993"],
    ['{"seed":"18446744073709551615"}', "18446744073709551615"],
    ['{"seed":123456789012345}', 123456789012345],
    ['{"seed":7}', 7],
    ['{"seed":1e17}', 1e17],
  ])("%s", (text, seed) => {
    expect(parseJson(text)).toMatchObject({ seed });
  });

  test("wherever one stands: in rows, in parameters", () => {
    const text = '{"seed":1,"rows":[{"seed":9007199254740993},{"parameters":{"seed":9007199254740995}}]}';
    expect(parseJson(text)).toEqual({
      seed: 1,
      rows: [{ seed: "9007199254740993" }, { parameters: { seed: "9007199254740995" } }],
    });
  });

  test("and nothing else is touched: other keys, texts that look alike, numbers with a fraction", () => {
    for (const text of [
      '{"step":18446744073709551615}',
      '{"text":"\\"seed\\":18446744073709551615,"}',
      '{"text":"seed","x":["seed",18446744073709551615]}',
      '{"seed":18446744073709551615.5}',
      '{"seeds":18446744073709551615}',
    ])
      expect(parseJson(text)).toEqual(JSON.parse(text));
  });

  test("names of a schema keep their order, numbers too; those of other texts are JavaScript's", () => {
    const names = (text: string) => namesInOrder(Object.values(parseJson(text) as object)[0] as object);
    expect(names('{"json_schema":{"b":1,"1":2}}')).toEqual(["b", "1"]);
    expect(names('{"tools":{"b":1,"1":2}}')).toEqual(["b", "1"]);
    expect(names('{"logit_bias":{"b":1,"1":2}}')).toEqual(["1", "b"]);
  });

  test("what is no JSON stays no JSON", () => {
    for (const text of [
      '{"seed":00012345678901234567}',
      '{"seed":+18446744073709551615}',
      '{seed":18446744073709551615}',
    ])
      expect(() => parseJson(text)).toThrow(SyntaxError);
  });
});

describe("what is no JSON is told without positions and pieces of the text", () => {
  test.each([
    ['{"a":1}x', "the body is not JSON: Unexpected non-whitespace character after JSON"],
    ['{"logits":,"seed":7}', "the body is not JSON: Unexpected token ','"],
    [
      '{"logit_bias":{"5":-Infinity}}',
      'the body is not JSON: -Infinity is a number of Python\'s, not of JSON; logits may be -Infinity, and a bias that bans is "-inf" or null',
    ],
    ['{"temperature": NaN}', "the body is not JSON: NaN is a number of Python's, not of JSON"],
  ])("%s", (text, sentence) => {
    expect(sentenceOf(text)).toContain(sentence);
    expect(sentenceOf(text)).not.toMatch(/position|\.\.\./);
  });
});

function sentenceOf(text: string): string {
  try {
    return String(parseJson(text));
  } catch (error) {
    return notJson(error, text).message;
  }
}
