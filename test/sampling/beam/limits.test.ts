/** Every limit of a search: at it, below and above; and invalid states. */
import { describe, expect, test } from "vitest";
import { Problem } from "../../../src/errors.ts";
import { BEAM_TOKENS_MAX, BEAMS_MAX, WIDTH_MAX } from "../../../src/sampling/beam/fields.ts";
import { BEAM_RULES } from "../../../src/sampling/beam/index.ts";
import { parseBeam } from "../../../src/sampling/beam/options.ts";
import { PARTICLES_MAX, resample } from "../../../src/sampling/resample.ts";

const BEAM = { rule: "transformers", num_beams: 4, end_token_ids: [2], max_tokens: 8 };

function problemOf(make: () => unknown): Pick<Problem, "code" | "pointer"> {
  try {
    make();
  } catch (error) {
    if (error instanceof Problem) return { code: error.code, pointer: error.pointer };
    throw error;
  }
  throw new Error("nothing was refused");
}

const asked = (own: object, search?: object) => () => parseBeam({ ...BEAM, ...own }, search, 1);

describe.each(BEAM_RULES)("$name", ({ example, name }) => {
  test("takes its example, and nothing it does not know", () => {
    expect(parseBeam({ rule: name, ...example }, undefined, 7).search).toMatchObject({ seed: "7", step: 0 });
    expect(problemOf(() => parseBeam({ rule: name, ...example, beams: 3 }, null, 7))).toEqual({
      code: "unknown_option",
      pointer: "/beam/beams",
    });
  });

  test.each([0, BEAMS_MAX + 1, 1.5])("refuses num_beams %s", (num_beams) => {
    const one = name === "diverse" ? { groups: 1 } : {};
    expect(problemOf(() => parseBeam({ rule: name, ...example, ...one, num_beams }, null, 1))).toMatchObject({
      pointer: "/beam/num_beams",
    });
  });
});

test.each([1, BEAMS_MAX - 1, BEAMS_MAX])("num_beams %s is taken", (num_beams) => {
  expect(asked({ num_beams })().options.num_beams).toBe(num_beams);
});

test.each([1, BEAM_TOKENS_MAX])("max_tokens %s is taken", (max_tokens) => {
  expect(asked({ max_tokens })().options.max_tokens).toBe(max_tokens);
});

test.each([0, BEAM_TOKENS_MAX + 1])("max_tokens %s is refused", (max_tokens) => {
  expect(problemOf(asked({ max_tokens }))).toEqual({ code: "invalid_option", pointer: "/beam/max_tokens" });
});

test("continuations of a row: end tokens times beams", () => {
  const ends = (count: number) => ({
    num_beams: 64,
    end_token_ids: Array.from({ length: count }, (_, i) => i),
  });
  const at = WIDTH_MAX / 64 - 1;
  expect(asked(ends(at - 1))().rule.width(asked(ends(at - 1))().options)).toBe(WIDTH_MAX - 64);
  expect(asked(ends(at))().rule.name).toBe("transformers");
  expect(problemOf(asked(ends(at + 1)))).toEqual({ code: "limit_exceeded", pointer: "/beam/num_beams" });
});

test("groups divide the beams", () => {
  const diverse = (groups: number) => asked({ rule: "diverse", num_beams: 6, groups });
  expect(diverse(3)().options).toMatchObject({ groups: 3 });
  expect(diverse(6)().options).toMatchObject({ groups: 6 });
  expect(problemOf(diverse(4))).toEqual({ code: "invalid_option", pointer: "/beam/groups" });
  expect(problemOf(diverse(0))).toEqual({ code: "invalid_option", pointer: "/beam/groups" });
});

describe("a state", () => {
  const sums = { score: -1, logprob: -1, chain_logprob: -1 };
  const beams = (count: number) => Array.from({ length: count }, () => sums);
  const ended = (count: number) => Array.from({ length: count }, (_, id) => ({ id, ...sums, length: 2 }));
  const STATE = {
    rule: "transformers",
    seed: "1",
    step: 3,
    beams: beams(4),
    ended: [],
    next_id: 0,
    carry: [],
    finished: false,
  };
  const given = (own: object) => asked({}, { ...STATE, ...own });

  test.each([1, 3, 4])("of %s live beams is taken", (count) => {
    expect(given({ beams: beams(count) })().search.beams).toHaveLength(count);
  });

  test.each([0, 3, 4])("that keeps %s ended sequences is taken", (count) => {
    expect(given({ ended: ended(count) })().search.ended).toHaveLength(count);
  });

  test.each([
    ["no live beams", { beams: [] }, "/search/beams"],
    ["more beams than num_beams", { beams: beams(5) }, "/search/beams"],
    ["more ended sequences than num_beams", { ended: ended(5) }, "/search/ended"],
    ["another rule", { rule: "vllm" }, "/search/rule"],
    ["another seed", { seed: "2" }, "/search/seed"],
    ["a seed that is none", { seed: "seven" }, "/search/seed"],
    ["an end", { finished: true }, "/search/finished"],
    ["as many tokens as there may be", { step: 8 }, "/search/step"],
    ["a score that is no number", { beams: [{ ...sums, score: null }] }, "/search/beams/0/score"],
    ["too much to carry", { carry: [1, 2, 3, 4, 5] }, "/search/carry"],
    ["what there is not", { winner: 1 }, "/search/winner"],
  ])("with %s is refused", (_, own, pointer) => {
    expect(problemOf(given(own)).pointer).toBe(pointer);
  });
});

test("no rule, or none that there is", () => {
  expect(problemOf(() => parseBeam(undefined, null, 1)).pointer).toBe("/beam");
  expect(problemOf(asked({ rule: "transformer" }))).toEqual({
    code: "invalid_option",
    pointer: "/beam/rule",
  });
});

describe("resample", () => {
  test("each sequence goes on as often as its weight says, rounded down or up", () => {
    const log_weights = [Math.log(5), Math.log(3), null, Math.log(2)];
    const counts = [0, 0, 0, 0];
    const steps = 2000;
    for (let step = 0; step < steps; step++) {
      const { parents } = resample({ log_weights, seed: 3, step });
      const own = [0, 0, 0, 0];
      for (const parent of parents) own[parent] = (own[parent] ?? 0) + 1;
      for (const [i, share] of [2, 1.2, 0, 0.8].entries()) {
        expect([Math.floor(share), Math.ceil(share)]).toContain(own[i]);
        counts[i] = (counts[i] ?? 0) + (own[i] ?? 0);
      }
    }
    for (const [i, share] of [2, 1.2, 0, 0.8].entries())
      expect((counts[i] ?? 0) / steps).toBeCloseTo(share, 1);
  });

  test("by hand: equal weights go on once each, one alone N times; the evidence is the mean weight", () => {
    const even = resample({ log_weights: [1, 1, 1], seed: 1 });
    expect(even).toMatchObject({ parents: [0, 1, 2], effective_size: 3, log_weights: [0, 0, 0], seed: "1" });
    expect(even.log_mean_weight).toBeCloseTo(1, 12);
    expect(resample({ log_weights: [null, -900, null], seed: 1 }).parents).toEqual([1, 1, 1]);
  });

  test("above the threshold nothing changes", () => {
    const log_weights = [0, -0.1, null];
    expect(resample({ log_weights, threshold: 0.5, seed: 1 })).toMatchObject({
      resampled: false,
      parents: [0, 1, 2],
      log_weights,
    });
  });

  test.each([PARTICLES_MAX - 1, PARTICLES_MAX])("%s weights are taken", (count) => {
    const { parents } = resample({ log_weights: Array.from({ length: count }, () => 0), seed: 1 });
    expect(parents.at(-1)).toBe(count - 1);
  });

  test.each([
    [[], "/log_weights"],
    [[null, null], "/log_weights"],
    [[0, "1"], "/log_weights/1"],
    [Array.from({ length: PARTICLES_MAX + 1 }, () => 0), "/log_weights"],
  ])("refuses weights (%#)", (log_weights, pointer) => {
    expect(problemOf(() => resample({ log_weights, seed: 1 })).pointer).toBe(pointer);
  });
});
