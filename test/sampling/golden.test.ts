/**
 * Golden vectors computed with transformers 5.17 on torch in float64 (test/vectors/hf-transformers.ndjson): the
 * same chain under transformers' rules keeps the same tokens with the same probabilities.
 */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parseStepOptions } from "../../src/sampling/options/step-options.ts";
import { STAGES } from "../../src/sampling/stages/index.ts";
import { survivorsOf } from "./survivors.ts";

interface GoldenCase {
  readonly name: string;
  readonly order: readonly string[];
  readonly logits: readonly number[];
  readonly history: readonly number[];
  readonly params: Readonly<Record<string, unknown>>;
  readonly survivors: readonly number[] | "all";
  readonly probs: readonly number[];
}

/** transformers keeps every token that ties with the last one kept. */
const RULES: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  top_k: { ties: "keep" },
  typical_p: { typical_p_ties: "keep" },
};

const cases = readFileSync(new URL("../vectors/hf-transformers.ndjson", import.meta.url), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as GoldenCase);
const built = new Set(STAGES.map((stage) => stage.name));

describe("transformers' golden cases", () => {
  test.each(cases.filter(({ order }) => order.every((name) => built.has(name))))(
    "$name: $order",
    (golden) => {
      const chain = golden.order.map((stage) => ({ stage, [stage]: golden.params[stage], ...RULES[stage] }));
      const options = parseStepOptions({ chain, history: golden.history, seed: 1 });
      const { token_ids, probabilities } = survivorsOf(golden.logits, options);
      const expected = golden.survivors === "all" ? golden.logits.map((_, id) => id) : golden.survivors;
      expect(token_ids).toEqual(expected);
      for (const [i, p] of golden.probs.entries()) expect(probabilities[i]).toBeCloseTo(p, 5);
    },
  );
});
