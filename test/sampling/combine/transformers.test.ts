/** Results of transformers itself for the same rows: guidance, and DoLa with one early layer. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { combinedLogprobs, type Fields } from "./sample.ts";

interface Vector {
  readonly combine: Fields;
  readonly rows: readonly (readonly (number | "-inf")[])[];
  readonly logprobs: readonly (number | "-inf")[];
}

const VECTORS = readFileSync(new URL("../../vectors/combine-transformers.ndjson", import.meta.url), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as Vector);

const numberOf = (value: number | "-inf") => (value === "-inf" ? -Infinity : value);

test.each(VECTORS.map((vector, index) => [index, vector] as const))(
  "vector %i",
  (_, { combine, rows, logprobs }) => {
    const got = combinedLogprobs(
      rows.map((row) => row.map(numberOf)),
      { combine },
      logprobs.length,
    );
    logprobs.forEach((expected, id) => {
      if (expected === "-inf") expect(got[id]).toBe(-Infinity);
      else expect(Math.abs((got[id] ?? 0) - expected)).toBeLessThan(2e-5);
    });
  },
);

test("the vectors hold both rules", () => {
  expect(new Set(VECTORS.map(({ combine }) => combine["rule"]))).toEqual(new Set(["guidance", "dola"]));
});
