/**
 * Counts of drawn tokens: which pass and which fail, the number of draws that a case needs, and the figures of
 * conformance/README.md.
 */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type Seeded, seeded } from "../../evidence/seeded.ts";
import { chanceOf, drawsWanted, unexplainedBy } from "../../src/conform/counts.ts";
import { answerOfFunction } from "../../src/conform/function.ts";
import { judge } from "../../src/conform/judge.ts";
import type { Vector } from "../../src/conform/vectors.ts";

const README = readFileSync(new URL("../../conformance/README.md", import.meta.url), "utf8");

function caseOf(probabilities: readonly number[], more: Readonly<Record<string, unknown>> = {}): Vector {
  const named = { id: "a", section: "s", task: "distribution", rule: "r", about: "a", why: "w" };
  const row = probabilities.map(Math.log);
  return { ...named, row, kept: [...probabilities.keys()], probabilities, tolerance: 1e-5, ...more };
}

const verdictOf = (vector: Vector, counts: unknown) => judge(vector, { answer: { counts } });
/** The whole-number counts nearest to the distribution. */
function exactly(probabilities: readonly number[], draws: number): Record<string, number> {
  const counts = probabilities.map((p) => Math.round(p * draws));
  counts[0] = (counts[0] as number) + draws - counts.reduce((sum, n) => sum + n, 0);
  return Object.fromEntries(counts.entries());
}

function drawn(random: Seeded, probabilities: readonly number[], draws: number): Map<number, number> {
  const counts = new Map<number, number>();
  for (let left = draws; left > 0; left--) {
    let u = random.unit();
    let id = 0;
    while (id < probabilities.length - 1 && u >= (probabilities[id] as number))
      u -= probabilities[id++] as number;
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return new Map([...counts].sort(([a], [b]) => a - b));
}

const HALVES = [0.5, 0.3, 0.2];
const WANTED = drawsWanted(3);

test.each([
  [WANTED - 1, "not_supported", `${WANTED} draws wanted, got ${WANTED - 1}`],
  [WANTED, "passed", undefined],
  [WANTED + 1, "passed", undefined],
  [0, "not_supported", `${WANTED} draws wanted, got 0`],
])("%i right draws", (draws, kind, detail) => {
  const verdict = verdictOf(caseOf(HALVES), exactly(HALVES, draws));
  expect([verdict.kind, verdict.detail]).toEqual([kind, detail]);
});

test("one draw of a token of probability 0 fails, whatever the number of draws, and the sentence names it", () => {
  expect(verdictOf(caseOf(HALVES), { 0: 2, 7: 1 })).toMatchObject({
    kind: "failed",
    detail: "Token 7 has probability 0, and 1 of 3 draws gave it.",
  });
});

test("few draws fail when chance does not explain them", () => {
  expect(verdictOf(caseOf(HALVES), { 2: 60 })).toMatchObject({
    kind: "failed",
    detail: "G/2 of 60 draws is 97, and chance explains at most 23.",
  });
});

test("a mistake that the counts fit is named; one that right counts fit too speaks neither for nor against", () => {
  const otherwise = [
    { as: ["as if far"], kept: "all", probabilities: [0.2, 0.3, 0.5] },
    { as: ["as if near"], kept: "all", probabilities: [0.501, 0.3, 0.199] },
  ];
  const vector = caseOf(HALVES, { otherwise });
  expect(verdictOf(vector, exactly([0.2, 0.3, 0.5], WANTED)).as).toEqual(["as if far"]);
  expect(verdictOf(vector, exactly(HALVES, WANTED)).not_as).toEqual(["as if far"]);
});

test("another of the tokens that tie may stand for the one that is kept", () => {
  const vector = caseOf([0.6, 0.2, 0.2], { kept: [0, 1], probabilities: [0.75, 0.25], ties: [[1, 2]] });
  const draws = drawsWanted(2);
  expect(verdictOf(vector, exactly([0.75, 0, 0.25], draws)).kind).toBe("tie");
  expect(verdictOf(vector, exactly([0.6, 0.2, 0.2], draws)).kind).toBe("failed");
});

test.each([
  [[1, 2], "no object"],
  [{ "01": 5 }, "no object"],
  [{ "-1": 5 }, "no object"],
  [{ "1": -5 }, "no object"],
  [{ "1": 0.5 }, "no object"],
  [{ "1": 2 ** 53 }, "no object"],
  [{ "0": 500_000_000, "1": 500_000_001 }, "more than 1000000000 draws"],
])("%j are no counts", (counts, says) => {
  expect(verdictOf(caseOf(HALVES), counts)).toMatchObject({
    kind: "error",
    detail: expect.stringContaining(says),
  });
});

test.each([999_999_999, 1_000_000_000])("%i draws are counts", (draws) => {
  expect(verdictOf(caseOf(HALVES), exactly(HALVES, draws)).kind).toBe("passed");
});

test("counts beside probabilities are an error", () => {
  const verdict = judge(caseOf(HALVES), { answer: { counts: {}, probabilities: HALVES } });
  expect(verdict.detail).toBe("an answer with counts has neither kept nor probabilities");
});

test("counts are no answer to another task", () => {
  const vector = { ...caseOf(HALVES), task: "draw", token_id: 1 };
  expect(judge(vector, { answer: { token_id: 1, counts: {} } }).kind).toBe("passed");
});

test("a function gives counts as an object or a Map", async () => {
  for (const counts of [{ 0: 3 }, new Map([[0, 3]])])
    expect(await answerOfFunction(() => ({ counts }), caseOf(HALVES))).toEqual({
      answer: { counts: { 0: 3 } },
    });
});

describe("the bounds of conformance/README.md", () => {
  test("its table", () => {
    const rows = [...README.matchAll(/^\| (\d[\d,]*) \| ([\d.]+) \| ([\d,]+) \|$/gm)];
    expect(rows.length).toBeGreaterThanOrEqual(4);
    for (const [, tokens, chance, draws] of rows) {
      const n = Number(tokens?.replaceAll(",", ""));
      expect([chance, draws]).toEqual([chanceOf(n).toFixed(1), drawsWanted(n).toLocaleString("en")]);
    }
  });

  // Half of the tokens gain what the others lose: the hardest deviation to detect for a given total variation distance.
  test.each([2, 5, 20])("0.1 between distributions over %i tokens is found in 200 of 200 runs", (tokens) => {
    const random = seeded(tokens);
    const right = Array.from({ length: tokens }, () => 1 / tokens);
    const gains = Math.floor(tokens / 2);
    const wrong = right.map((p, id) => (id < gains ? p + 0.1 / gains : p - 0.1 / (tokens - gains)));
    const law = new Map(right.entries());
    let [found, alarms] = [0, 0];
    for (let run = 0; run < 200; run++) {
      if (unexplainedBy(law, drawn(random, wrong, drawsWanted(tokens))) !== undefined) found++;
      if (unexplainedBy(law, drawn(random, right, drawsWanted(tokens))) !== undefined) alarms++;
    }
    expect([found, alarms]).toEqual([200, 0]);
  });

  // The probability that G/2 is above the bound, summed over all outcomes of few draws, where no limit theorem applies.
  test.each([
    [10, 0.5],
    [30, 0.001],
    [200, 0.03],
  ])("%i draws of a token of probability %f fail by chance less than once in a million", (draws, p) => {
    const law = new Map([
      [0, p],
      [1, 1 - p],
    ]);
    let [outcome, chance] = [(1 - p) ** draws, 0];
    for (let n = 0; n <= draws; n++) {
      const counts = new Map(
        [
          [0, n],
          [1, draws - n],
        ].filter(([, count]) => count !== 0) as [number, number][],
      );
      if (unexplainedBy(law, counts) !== undefined) chance += outcome;
      outcome *= ((draws - n) / (n + 1)) * (p / (1 - p));
    }
    expect(chance).toBeLessThan(1e-6);
  });
});
