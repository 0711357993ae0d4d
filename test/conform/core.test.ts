/** Runs the core through the suite: every case passes, and no answer needs a tie or a rounding to be excused. */
import { describe, expect, test } from "vitest";
import { answerOfCore } from "../../src/conform/core.ts";
import { judge } from "../../src/conform/judge.ts";
import { ANSWERS, questionOf, readVectors } from "../../src/conform/vectors.ts";
import { REFERENCE } from "../reference/sampler.ts";

const vectors = readVectors();
const sections = [...new Set(vectors.map(({ section }) => section))];

describe.each(sections)("%s", (section) => {
  test("the core passes", async () => {
    const own = vectors.filter((vector) => vector.section === section);
    const failed = (
      await Promise.all(own.map(async (vector) => ({ vector, reply: await answerOfCore(vector) })))
    )
      .map(({ vector, reply }) => ({ vector, reply, verdict: judge(vector, reply) }))
      .filter(({ verdict }) => !["passed", "not_supported"].includes(verdict.kind));
    expect(failed.slice(0, 3).map(({ vector, reply, verdict }) => ({ vector, reply, verdict }))).toEqual([]);
  });
});

test("there are enough of each rule and each host", () => {
  expect(vectors.length).toBeGreaterThanOrEqual(3000);
  for (const rule of Object.keys(REFERENCE))
    expect(vectors.filter((vector) => vector.rule === rule).length, rule).toBeGreaterThanOrEqual(25);
  expect(new Set(vectors.map(({ id }) => id)).size).toBe(vectors.length);
});

test("a question does not hold its answer", () => {
  for (const vector of vectors)
    for (const name of ["otherwise", "ties", ...(ANSWERS[vector.task] ?? ["no such task"])])
      expect(questionOf(vector)).not.toHaveProperty(name);
});
