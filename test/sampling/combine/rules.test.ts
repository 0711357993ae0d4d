/** Each rule on rows that can be checked by hand, and against its definition in float64. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RULES } from "../../../src/sampling/combine/index.ts";
import { COMBINATIONS, combinedScores } from "../../reference/combine.ts";
import { divergence, logSoftmax, type ReferenceCombination } from "../../reference/sources.ts";
import { combinedLogprobs, type Fields, logits, sampleSources } from "./sample.ts";

const HALF = [0.5, 0.25, 0.25];
const EVEN = [1, 1, 1];

describe("rows that anyone can check", () => {
  test.each<[string, readonly (readonly number[])[], Fields, readonly number[]]>([
    // p² / u: .25, .0625, .0625 of thirds
    [
      "guidance 2 squares what a uniform row leaves",
      [HALF, EVEN],
      { rule: "guidance", guidance_scale: 2 },
      [2 / 3, 1 / 6, 1 / 6],
    ],
    ["guidance 1 is off", [HALF, [0.1, 0.1, 0.8]], { rule: "guidance", guidance_scale: 1 }, HALF],
    [
      "guidance 0 is the other source",
      [HALF, [0.1, 0.1, 0.8]],
      { rule: "guidance", guidance_scale: 0 },
      [0.1, 0.1, 0.8],
    ],
    [
      "guidance raw is the same distribution",
      [HALF, EVEN],
      { rule: "guidance", guidance_scale: 2, convention: "raw" },
      [2 / 3, 1 / 6, 1 / 6],
    ],
    [
      "guidance from_zero counts from 0",
      [HALF, EVEN],
      { rule: "guidance", guidance_scale: 1, convention: "from_zero" },
      [2 / 3, 1 / 6, 1 / 6],
    ],
    [
      "guidance from_zero 0 is off",
      [HALF, EVEN],
      { rule: "guidance", guidance_scale: 0, convention: "from_zero" },
      HALF,
    ],
    // e^1.5 / a^0.5, for tokens whose probability is at least a tenth of .6
    [
      "contrastive keeps what is plausible",
      [
        [0.6, 0.35, 0.05],
        [0.6, 0.35, 0.05],
      ],
      { rule: "contrastive" },
      [0.6 / 0.95, 0.35 / 0.95, 0],
    ],
    [
      "contrastive keeps a token right at the share",
      [
        [0.5, 0.45, 0.05],
        [1, 1, 1],
      ],
      { rule: "contrastive", beta: 0 },
      [0.5, 0.45, 0.05],
    ],
    [
      "contrastive with alpha 1 keeps the most likely",
      [HALF, EVEN],
      { rule: "contrastive", alpha: 1 },
      [1, 0, 0],
    ],
    [
      "contrastive with beta 1 squares over the amateur",
      [
        [0.4, 0.4, 0.2],
        [0.2, 0.4, 0.4],
      ],
      { rule: "contrastive", beta: 1 },
      [0.8 / 1.3, 0.4 / 1.3, 0.1 / 1.3],
    ],
    [
      "context_aware 1",
      [
        [0.4, 0.4, 0.2],
        [0.2, 0.4, 0.4],
      ],
      { rule: "context_aware", alpha: 1 },
      [0.8 / 1.3, 0.4 / 1.3, 0.1 / 1.3],
    ],
    [
      "context_aware of equal sources changes nothing",
      [HALF, HALF],
      { rule: "context_aware", alpha: "adaptive" },
      HALF,
    ],
    [
      "proxy multiplies by the ratio",
      [HALF, [0.2, 0.4, 0.4], [0.4, 0.4, 0.2]],
      { rule: "proxy" },
      [0.25, 0.25, 0.5],
    ],
    [
      "dola divides",
      [
        [0.5, 0.3, 0.2],
        [0.5, 0.3, 0.2],
      ],
      { rule: "dola" },
      [1 / 3, 1 / 3, 1 / 3],
    ],
    [
      "dola takes the layer that lies farthest",
      [
        [0.6, 0.2, 0.2],
        [0.6, 0.2, 0.2],
        [0.2, 0.2, 0.6],
      ],
      { rule: "dola" },
      [3 / (13 / 3), 1 / (13 / 3), 1 / 3 / (13 / 3)],
    ],
    ["product of two", [HALF, HALF], { rule: "product", weights: [1, 1] }, [4 / 6, 1 / 6, 1 / 6]],
    ["product by default is the geometric mean", [HALF, HALF], { rule: "product" }, HALF],
    [
      "mixture averages",
      [
        [0.5, 0.5, 0],
        [0, 0.5, 0.5],
      ],
      { rule: "mixture" },
      [0.25, 0.5, 0.25],
    ],
    [
      "mixture with weights",
      [
        [1, 0, 0],
        [0, 0.5, 0.5],
      ],
      { rule: "mixture", weights: [0.2, 0.8] },
      [0.2, 0.4, 0.4],
    ],
  ])("%s", (_, rows, combine, expected) => {
    const got = combinedLogprobs(
      rows.map((row) => logits(...row)),
      { combine },
      3,
    );
    got.forEach((logprob, id) => {
      expect(Math.exp(logprob)).toBeCloseTo(expected[id] ?? 0, 6);
    });
  });

  test("a token that one source masks is masked, but in a mixture", () => {
    const rows = [logits(0.5, 0.5, 0), logits(0, 0.5, 0.5)];
    for (const { name, takes_more, example } of RULES.filter(({ sources }) => sources.length === 2)) {
      const kept = combinedLogprobs(rows, { combine: { rule: name, ...example } }, 3).map(Number.isFinite);
      expect([name, kept]).toEqual([name, name === "mixture" ? [true, true, true] : [false, true, false]]);
      expect(takes_more).toBeTypeOf("boolean");
    }
  });

  test("when nothing is left the problem names the rule", () => {
    const rows = [logits(1, 0), logits(0, 1)];
    expect(() => sampleSources(rows, { combine: { rule: "product" } })).toThrow(
      "every token is masked; product masked the last one",
    );
  });

  test("a source's own temperature divides its logits first", () => {
    const sources = [{}, { temperature: 0.5 }];
    const combine = { rule: "product", weights: [1, 1] };
    const [at_half = 0] = combinedLogprobs([logits(0.5, 0.5), logits(0.8, 0.2)], { combine, sources }, 2);
    expect(Math.exp(at_half)).toBeCloseTo(0.64 / 0.68, 6);
  });
});

const logit = fc.oneof(
  { weight: 8, arbitrary: fc.double({ min: -30, max: 30, noNaN: true }) },
  { weight: 2, arbitrary: fc.constantFrom(0, 1, 1, -2.5) },
  { weight: 1, arbitrary: fc.constant(-Infinity) },
);
const scale = fc.constantFrom(1, 1, 1, 1e-3, 1e4, 1e20);
const row = (length: number) =>
  fc
    .tuple(fc.array(logit, { minLength: length, maxLength: length }), scale)
    .map(([values, by]) => values.map((x, id) => Math.fround(id === 0 && x === -Infinity ? 0 : x * by)));

test("there is a reference for every rule, and for no other", () => {
  expect(Object.keys(COMBINATIONS).sort()).toEqual(RULES.map(({ name }) => name).sort());
});

/** The largest distance of float32 from float64: each step rounds by 2⁻²⁴ of its sum, and the normaliser by 1e-6. */
const ROUNDING = 2 ** -20;
const NORMALISER = 4e-6;

/** True when rounding decides which of several early layers is the farthest. */
function isUndecided(
  rows: readonly (readonly number[])[],
  { rule }: Fields,
  temperatures: readonly number[],
) {
  if (rule !== "dola") return false;
  const [first = [], ...early] = rows.map((row, i) => row.map((x) => x / (temperatures[i] ?? 1)));
  const [most = 1, next = 0] = early.map((row) => divergence(first, row)).sort((a, b) => b - a);
  return early.length > 1 && most - next < 1e-5;
}

describe("random rows with −∞, ties and extreme scales", () => {
  const cases = (name: string, lengths: readonly number[]) => {
    const { options, sources } = COMBINATIONS[name] as ReferenceCombination; // a test above says so
    return fc
      .tuple(options, sources, fc.constantFrom(...lengths))
      .chain(([own, sources, length]) =>
        fc.tuple(
          fc.constant({ rule: name, ...own }),
          fc.array(row(length), { minLength: sources, maxLength: sources }),
          fc.array(fc.constantFrom(1, 1, 0.5, 2), { minLength: sources, maxLength: sources }),
        ),
      );
  };

  test.each(RULES.map(({ name }) => name))("%s is what its definition says", (name) => {
    fc.assert(
      fc.property(cases(name, [1, 3, 130, 300]), ([combine, rows, temperatures]) => {
        fc.pre(!isUndecided(rows, combine, temperatures));
        const length = rows[0]?.length ?? 0;
        const { scores, sizes } = combinedScores(rows, combine, temperatures);
        const sources = temperatures.map((temperature) => ({ temperature }));
        if (scores.every((score) => score === -Infinity)) {
          expect(() => sampleSources(rows, { combine, sources })).toThrow("every token is masked");
          return;
        }
        const got = combinedLogprobs(rows, { combine, sources }, length);
        const size = Math.max(...sizes.filter(Number.isFinite), 1);
        const expected = logSoftmax(scores);
        // A measured weight has a rounding error too, in proportion to the weighted value.
        const roundings = "alpha" in combine && combine.alpha === "adaptive" ? 8 : 4;
        got.forEach((logprob, id) => {
          const wanted = expected[id] ?? 0;
          if (wanted === -Infinity) expect(logprob).toBe(-Infinity);
          else expect(Math.abs(logprob - wanted)).toBeLessThan(NORMALISER + roundings * ROUNDING * size);
        });
      }),
      { numRuns: 150 },
    );
  });
});

describe("what is told", () => {
  const rows = [logits(0.5, 0.3, 0.2), logits(0.2, 0.3, 0.5)];
  const combine = { rule: "contrastive", alpha: 0.5 };

  test("log-probabilities are those of the first source, and of the token in each", () => {
    const told = sampleSources(rows, { combine, temperature: 0, logprobs: true, top_logprobs: 3 });
    expect([told.token_id, told.rank, Math.exp(told.logprob ?? 0)]).toEqual([0, 1, expect.closeTo(0.5, 6)]);
    expect(told.top_logprobs?.map(({ token_id }) => token_id)).toEqual([0, 1, 2]);
    expect(told.source_logprobs?.map((logprob) => Math.exp(logprob ?? 0))).toEqual([
      expect.closeTo(0.5, 6),
      expect.closeTo(0.2, 6),
    ]);
    expect(told.kept_mass).toBeCloseTo(0.5, 6);
  });

  test("of the combined row, kept_mass too, in its mode", () => {
    const told = sampleSources(rows, { combine, logprobs: true, top_logprobs: 3, logprobs_mode: "combined" });
    expect(told.top_logprobs).toHaveLength(2);
    expect(told.kept_mass).toBeCloseTo(1, 6);
  });

  test("a trace begins with the combination", () => {
    const { trace = [] } = sampleSources(rows, { combine, temperature: 0.5, trace: true });
    expect(trace.map(({ stage }) => stage)).toEqual(["contrastive", "temperature"]);
    expect(trace[0]).toMatchObject({
      combination: { sources: 2, plausible: 2 },
      kept_before: 3,
      kept_after: 2,
      mass_removed: expect.closeTo(0.2, 6),
    });
  });

  test("a combination removes by no one limit, whatever limit a step before it had", () => {
    sampleSources([[3, 2, 1]], { top_p: 0.9 });
    const { trace, fates } = sampleSources(rows, { combine, trace: true, logprob_token_ids: [2] });
    expect(trace?.[0]?.kept_after).toBe(2);
    expect(trace?.[0]).not.toHaveProperty("knife_edge");
    expect(fates).toEqual([{ token_id: 2, removed_by: "contrastive", probability: expect.closeTo(0.2, 6) }]);
  });

  test("a trace tells the divergence that was found, and what was chosen by it", () => {
    const told = (combination: Fields, sources: readonly (readonly number[])[]) =>
      sampleSources(sources, { combine: combination, trace: true }).trace?.[0]?.combination;
    const jsd = divergence(rows[0] ?? [], rows[1] ?? []);
    expect(told({ rule: "context_aware", alpha: "adaptive" }, rows)).toEqual({
      sources: 2,
      alpha: expect.closeTo(jsd, 6),
      divergence: expect.closeTo(jsd, 6),
    });
    expect(told({ rule: "dola" }, [...rows.slice(0, 1), ...rows])).toMatchObject({
      sources: 3,
      chosen: 2,
      divergence: expect.closeTo(jsd, 6),
    });
  });

  test("the rows stay as they were, and the next step knows nothing of this one", () => {
    const plain = () => JSON.stringify(sampleSources(rows.slice(0, 1), { logprobs: true, top_logprobs: 3 }));
    const before = plain();
    sampleSources(rows, { combine, logit_bias: { "1": 5 } });
    expect(plain()).toBe(before);
  });

  test("the same in pieces as at once, and a stage that counts from zero sees the normalised scores", () => {
    const fields = { combine: { rule: "product" }, repetition_penalty: 2, history: [0] };
    const [seen = 0, other = 0] = combinedLogprobs(rows, fields, 3);
    expect(Math.exp(seen - other)).toBeCloseTo(Math.sqrt(0.5 * 0.2) / 0.3, 6);
    const { top_logprobs = [] } = sampleSources(rows, {
      ...fields,
      top_logprobs: 3,
      logprobs_mode: "processed",
    });
    const by_id = new Map(top_logprobs.map(({ token_id, logprob }) => [token_id, logprob ?? 0]));
    // ln p of the product is below 0 and is doubled.
    expect((by_id.get(0) ?? 0) - (by_id.get(2) ?? 0)).toBeCloseTo(Math.log(Math.sqrt(0.1)), 5);
  });
});
