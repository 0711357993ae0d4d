/** The chains of the statistics proof, compared with the present stages. */
import { describe, expect, test } from "vitest";
import { DRAWN, expectedOf, topK, topP } from "../../proof/statistics/chains.ts";
import { STAGES } from "../../src/sampling/stages/index.ts";

const CHAINS = [
  ...DRAWN.map(({ name, chain }) => [name, chain] as const),
  ["cuts", [topK(3), topP(0.5)]] as const,
];

describe("the plain float64 sampler has no defaults", () => {
  test.each(CHAINS)("so every option is spelt out: %s", (_name, chain) => {
    for (const each of chain) {
      const { shape } = STAGES.find(({ name }) => name === each.stage)!.options;
      expect(Object.keys(each).sort()).toEqual(Object.keys(shape).sort());
    }
  });

  test.each(DRAWN)("and probabilities add up to one: $name", (drawn) => {
    expect(expectedOf(drawn).reduce((sum, each) => sum + each, 0)).toBeCloseTo(1, 12);
  });
});
