import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { parseLabelledText } from "../../playground/src/calibrate/labelled-rows.ts";
import { codeFor } from "../../playground/src/code/request-code.ts";
import { chiSquare, upperGamma } from "../../playground/src/components/chi-square.ts";
import { percent, visible } from "../../playground/src/components/format.ts";
import { segmentsOf } from "../../playground/src/components/segments.ts";
import { parseRowText } from "../../playground/src/rows/parse-text.ts";
import { logitsOf, randomRow, sample } from "../sampling/sample.ts";

describe("chi-square", () => {
  // Q(1/2, x) = erfc(√x), Q(1, x) = e⁻ˣ; the rest from tables of the 5 % points
  test.each([
    [1, 2, Math.exp(-2)],
    [0.5, 3.841459 / 2, 0.05],
    [5, 18.307038 / 2, 0.05],
    [50, 124.342113 / 2, 0.05],
    [3, 0, 1],
  ])("Q(%d, %d) is %d", (a, x, q) => {
    expect(upperGamma(a, x)).toBeCloseTo(q, 6);
  });

  test("10 of 20 expected 15 and 5: (10 − 15)²/15 + (10 − 5)²/5 = 6.667", () => {
    const test = chiSquare([
      { observed: 10, expected: 15 },
      { observed: 10, expected: 5 },
    ]);
    expect(test?.statistic).toBeCloseTo(6.666667, 5);
    expect(test?.degrees).toBe(1);
    expect(test?.p).toBeCloseTo(0.009823, 5);
  });

  test("rare cells are tested as one, and one cell alone not at all", () => {
    const rare = Array.from({ length: 8 }, () => ({ observed: 1, expected: 1 }));
    expect(chiSquare([{ observed: 92, expected: 92 }, ...rare])?.degrees).toBe(1);
    expect(chiSquare([{ observed: 9, expected: 9 }])).toBeUndefined();
  });
});

describe("the line that u is looked up on", () => {
  test("all kept tokens lie side by side in id order, and u in the drawn one", () => {
    const sampled = sample(logitsOf([0.1, 0.2, 0.3, 0.4]), {
      chain: [{ stage: "top_k", top_k: 3 }],
      seed: 5,
      trace: true,
      top_logprobs: 4,
      logprobs_mode: "processed",
    });
    const segments = segmentsOf(sampled);
    expect(segments.map(({ token_id }) => token_id)).toEqual([1, 2, 3]);
    expect(segments.map(({ from }) => from)).toEqual([0, 2 / 9, 5 / 9].map((p) => expect.closeTo(p, 6)));
    const drawn = segments.find(({ token_id }) => token_id === sampled.token_id);
    expect(sampled.inverse_cdf?.uniform).toBeGreaterThan(drawn?.from ?? 1);
    expect(sampled.inverse_cdf?.uniform).toBeLessThan(drawn?.to ?? 0);
  });

  test("with few of many tokens listed none overlap and the drawn one is exact", () => {
    const options = { seed: 9, trace: true, top_logprobs: 40, logprobs_mode: "processed" };
    const sampled = sample(randomRow(5000, 3, true), options);
    const segments = segmentsOf(sampled);
    segments.reduce((end, { from, to }) => {
      expect(from).toBeGreaterThanOrEqual(end - 1e-9);
      expect(to).toBeGreaterThanOrEqual(from);
      return to;
    }, 0);
    const { from, to } = sampled.inverse_cdf ?? { from: 0, to: 0 };
    expect(segments).toContainEqual({ token_id: sampled.token_id, from, to });
    expect(segments.at(-1)?.to).toBeLessThanOrEqual(1 + 1e-9);
  });
});

test.each([
  [1, "100 %"],
  [0.99961, "99.96 %"],
  [0.12345, "12.3 %"],
  [0.0999, "9.99 %"],
  [0.00123, "0.12 %"],
  [0.000012, "0.0012 %"],
  [1e-9, "< 0.001 %"],
  [0, "0 %"],
])("%d is written %s", (p, text) => {
  expect(percent(p)).toBe(text);
});

test("blanks of a token are made visible", () => {
  expect(visible(" a\n")).toBe("·a↵");
});

describe("code", () => {
  const url = "http://127.0.0.1:8080";

  test("a short row is written out, −Infinity as JSON's readers here take it", () => {
    const code = codeFor("curl", { url, row: parseRowText("1.5 -inf"), options: { seed: "7" } });
    expect(code).toContain('"logits": [1.5, -Infinity]');
    expect(code).toContain('"seed": "7"');
  });

  test("quotes survive the shell", async () => {
    const row = { ...parseRowText("1 2"), dtype: "f16" as const };
    const code = codeFor("curl", { url, row, options: { note: "it's" } });
    const echo = `${code.split("\n")[0]}; printf %s "$HEAD"`;
    const { stdout } = await promisify(execFile)("sh", ["-c", echo]);
    expect(JSON.parse(stdout)).toEqual({ dtype: "f16", note: "it's" });
  });
});

describe("labelled rows", () => {
  test("a line for each: class, colon, logits", () => {
    const { rows, classes, logits, targets } = parseLabelledText("0: 1 2\n\n1: 3, 4.5\n");
    expect([rows, classes, [...logits], targets]).toEqual([2, 2, [1, 2, 3, 4.5], [0, 1]]);
  });

  test.each([
    ["", "Write a line for each row"],
    ["1 2", "Line 1 does not begin with a class and a colon"],
    ["0: 1 2\n1: 3", "Line 2 has 1 logits, the first has 2"],
    ["0: 1 x", "“x” (line 1) is not a number"],
  ])("%j is refused: %s", (text, sentence) => {
    expect(() => parseLabelledText(text)).toThrow(sentence);
  });
});
