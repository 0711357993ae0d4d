import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { heldOut } from "../../playground/src/calibrate/held-out.ts";
import { isLabelled, parseLabelledText } from "../../playground/src/calibrate/labelled-rows.ts";
import { whichRows } from "../../playground/src/calibrate/which-rows.ts";
import { codeFor } from "../../playground/src/code/request-code.ts";
import { chiSquare, upperGamma } from "../../playground/src/components/chi-square.ts";
import { deathIn } from "../../playground/src/components/death.ts";
import { percent, visible } from "../../playground/src/components/format.ts";
import { segmentsOf } from "../../playground/src/components/segments.ts";
import { readText } from "../../playground/src/rows/parse-text.ts";
import { logitsOf, randomRow, sample } from "../sampling/sample.ts";

describe("chi-square", () => {
  // Q(1/2, x) = erfc(√x), Q(1, x) = e⁻ˣ; the other values are from tables of 5 % points
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
    const code = codeFor("curl", { url, row: readText("1.5 -inf").row, options: { seed: "7" } });
    expect(code).toContain('"logits": [1.5, -Infinity]');
    expect(code).toContain('"seed": "7"');
    expect(code.split("\n").every((line) => line.length < 110)).toBe(true);
  });

  test("quotes survive the shell", async () => {
    const row = { ...readText("1 2").row, dtype: "f16" as const };
    const code = codeFor("curl", { url, row, options: { note: "it's" } });
    const echo = `${code.slice(0, code.indexOf("\n(printf"))}; printf %s "$HEAD"`;
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
    ["0: 4,1 0,2", "“4,1” has two readings"],
  ])("%j is refused: %s", (text, sentence) => {
    expect(() => parseLabelledText(text)).toThrow(sentence);
  });

  const rowsOf = (n: number, target: (i: number) => number) =>
    parseLabelledText(Array.from({ length: n }, (_, i) => `${target(i)}: ${i} 0 1`).join("\n"));

  test.each([
    [29, false, 29, 29],
    [30, true, 20, 10],
    [31, true, 21, 10],
    [3000, true, 2001, 999],
  ])("of %d rows some are held out: %s; %d to fit and %d to try", (n, is_held_out, fitted, tried) => {
    const split = heldOut(rowsOf(n, () => 0));
    expect([split.is_held_out, split.validation.rows, split.test.rows]).toEqual([is_held_out, fitted, tried]);
    const seen = [split.validation, split.test].flatMap(({ logits }) =>
      [...logits].filter((_, i) => i % 3 === 0),
    );
    expect(new Set(seen).size).toBe(n);
    expect(split.test.logits.length).toBe(3 * tried);
  });

  test.each<[string, (i: number) => number]>([
    ["sorted by class", (i) => Math.floor(i / 100)],
    ["taking turns", (i) => i % 3],
  ])("rows %s have every class on both sides, about as often as in all", (_, target) => {
    const { validation, test } = heldOut(rowsOf(300, target));
    for (const [{ targets }, wanted] of [
      [validation, 67],
      [test, 33],
    ] as const)
      for (const each of [0, 1, 2]) {
        const count = targets.filter((one) => one === each).length;
        expect(Math.abs(count - wanted)).toBeLessThanOrEqual(2);
      }
  });

  test("it is said which rows something is shown of", () => {
    expect(whichRows(heldOut(rowsOf(30, () => 0)))).toBe("10 rows that the temperature was not fitted to");
    expect(whichRows(heldOut(rowsOf(6, () => 0)))).toMatch(/^the same 6 rows that .* which takes 30$/);
  });

  test.each([
    ["0: 1 2", true],
    [" 1: -0.5", true],
    ["cat: 1", false],
    ["[1, 2]", false],
  ])("%j has the form of labelled rows: %s", (text, is_labelled) => {
    expect(isLabelled(text)).toBe(is_labelled);
  });
});

describe("why a token was removed", () => {
  const entry = (limit_probability?: number) => ({
    ...({
      stage: "min_p",
      kept_before: 3,
      kept_after: 2,
      mass_removed: 0.1,
      entropy: 1,
      top: [],
      removed: [],
    } as const),
    knife_edge: {
      kind: "score",
      limit: 1,
      token_id: 0,
      distance: 0,
      ...(limit_probability && { limit_probability }),
    } as const,
  });
  const fate = (probability: number) => ({
    token_id: 3,
    removed_by: "min_p",
    probability,
    reason: "its score is low",
  });

  test("in per cent beside the limit's, and of what that is a share", () => {
    expect(deathIn(fate(0.012), entry(0.0187), 0.374)).toEqual({
      by: "min_p",
      short: "1.20 % < 1.87 %",
      full: "Removed by min_p: its 1.20 % is less than 1.87 %, 5.00 % of the likeliest's 37.4 % (its score is low).",
    });
  });

  test("in as many digits as tell the two apart, and the other way round where it reached too far", () => {
    expect(deathIn(fate(0.018699), entry(0.018701), 0.374).short).toBe("1.8699 % < 1.8701 %");
    expect(deathIn(fate(0.4), entry(0.25), 0.4).short).toBe("40.0 % ≥ 25.0 %");
  });

  test("in the service's words where no limit is on scores", () => {
    expect(deathIn(fate(0.1), entry(), 1).short).toBe("its score is low");
    expect(deathIn({ token_id: 1, removed_by: "top_n", probability: 0 }, undefined, 1).short).toBe(
      "removed by top_n",
    );
  });
});
