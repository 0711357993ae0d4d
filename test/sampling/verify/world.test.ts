/** The short forms of `npm run proof:verify`: drafts change no byte or no probability, and wrong rules are detected. */
import { describe, expect, test } from "vitest";
import { goodnessOfFit } from "../../../proof/statistics/chi-square.ts";
import { compareWithSteps } from "../../../proof/verify/step-by-step.ts";
import {
  count,
  expected,
  expectedEnsemble,
  expectedTypical,
  PARENTS,
  TOLD,
  WIDTHS,
} from "../../../proof/verify/world.ts";
import { WRONG } from "../../../proof/verify/wrong.ts";
import { VERIFY_METHODS } from "../../../src/sampling/verify/index.ts";

const SEQUENCES = 4000;
/** Right counts fall below this once in 10⁶; the seeds are fixed, so the result never changes. */
const P_MIN = 1e-6;

test("a strict draft gives the bytes of steps one by one, under chains of every stage", () => {
  const { differences, positions, refused } = compareWithSteps(300, 5);
  expect(differences).toEqual([]);
  expect(positions).toBeGreaterThan(600);
  expect(refused).toBeGreaterThan(0);
});

const lossless = VERIFY_METHODS.filter(({ preserves }) => preserves === "distribution");

describe.each(lossless.flatMap((method) => TOLD.map((told) => [method.name, told, method] as const)))(
  "%s with draft rows %s",
  (_, told, method) => {
    test.each(WIDTHS)("keeps the target's distribution in %s rows", (width) => {
      const { counts } = count({ method, told, width, drafted: 3, sequences: SEQUENCES, seed: 3 });
      const { p_chi, p_g } = goodnessOfFit(counts, expected(width));
      expect(Math.min(p_chi, p_g)).toBeGreaterThan(P_MIN);
    });
  },
);

describe.each([
  ["strict", "none", undefined],
  ["rejection", "none", undefined],
  ["rejection", "logits", "independent"],
  ["rejection", "logits", "without_replacement"],
  ["rejection", "probabilities", "without_replacement"],
] as const)("a tree under %s with draft rows %s, siblings %s", (name, told, siblings) => {
  const method = VERIFY_METHODS.find((each) => each.name === name)!;
  const tree = { method, told, parents: PARENTS, drafted: 0, ...(siblings && { siblings }) };
  test.each(WIDTHS)("keeps the target's distribution in %s rows", (width) => {
    const { counts, accepted_a_call } = count({ ...tree, width, sequences: SEQUENCES, seed: 3 });
    const { p_chi, p_g } = goodnessOfFit(counts, expected(width));
    expect(Math.min(p_chi, p_g)).toBeGreaterThan(P_MIN);
    expect(accepted_a_call).toBeGreaterThan(0.5);
  });

  test("accepts more than its first path alone", () => {
    const course = { ...tree, width: "narrow", sequences: 1000, seed: 5 } as const;
    const of_tree = count(course).accepted_a_call;
    const of_path = count({ ...course, parents: [-1, 0, 1] }).accepted_a_call;
    expect(of_tree).toBeGreaterThan(1.2 * of_path);
  });
});

describe.each([0.3, 0.7, 1])("ensemble of weight %s", (ensemble_weight) => {
  const method = VERIFY_METHODS.find(({ name }) => name === "ensemble")!;
  const course = { method, options: { ensemble_weight }, drafted: 3, sequences: SEQUENCES, seed: 3 };
  test.each(WIDTHS)("has the distribution of the mixture in %s rows", (width) => {
    for (const told of ["logits", "probabilities"] as const) {
      const { counts } = count({ ...course, told, width });
      const { p_chi, p_g } = goodnessOfFit(counts, expectedEnsemble(width, ensemble_weight, 3));
      expect(Math.min(p_chi, p_g)).toBeGreaterThan(P_MIN);
    }
  });
});

test("an ensemble accepts more the more of the draft is in it, and is found out by the target's law", () => {
  const method = VERIFY_METHODS.find(({ name }) => name === "ensemble")!;
  const course = {
    method,
    told: "logits",
    width: "narrow",
    drafted: 3,
    sequences: SEQUENCES,
    seed: 3,
  } as const;
  const [most, more, least] = [0.2, 0.6, 1].map((ensemble_weight) =>
    count({ ...course, options: { ensemble_weight } }),
  );
  expect(most!.accepted_a_call).toBeGreaterThan(more!.accepted_a_call);
  expect(more!.accepted_a_call).toBeGreaterThan(least!.accepted_a_call);
  expect(goodnessOfFit(most!.counts, expected("narrow")).p_chi).toBeLessThan(P_MIN);
});

describe.each([
  ["a draft", [-1, 0, 1]],
  ["a tree", PARENTS],
] as const)("typical, of %s", (_, parents) => {
  const method = VERIFY_METHODS.find(({ name }) => name === "typical")!;
  const course = { method, told: "none", is_drawn: true, drafted: 0, sequences: SEQUENCES, seed: 3 } as const;
  test.each(WIDTHS)("has the law of its threshold, and not the target's, in %s rows", (width) => {
    for (const threshold of [
      { epsilon: 0.09, delta: 0.3 },
      { epsilon: 0.25, delta: 1 },
    ]) {
      const { counts } = count({ ...course, parents, width, options: threshold });
      const law = expectedTypical(width, threshold, parents);
      const { p_chi, p_g } = goodnessOfFit(counts, law);
      expect(Math.min(p_chi, p_g)).toBeGreaterThan(P_MIN);
      expect(counts.filter((each, i) => each > 0 && law[i] === 0)).toHaveLength(0);
      expect(goodnessOfFit(counts, expected(width)).p_chi).toBeLessThan(P_MIN);
    }
  });
});

test.each(WRONG.map((method) => [method.name, method] as const))("found out: %s", (_, method) => {
  const { counts } = count({
    method,
    told: "probabilities",
    width: "narrow",
    drafted: 3,
    sequences: SEQUENCES,
    seed: 3,
  });
  const { p_chi, p_g } = goodnessOfFit(counts, expected("narrow"));
  expect(Math.max(p_chi, p_g)).toBeLessThan(P_MIN);
});

test("block accepts more than rejection, of the same drafts", () => {
  const [rejection, block] = lossless.map(
    (method) =>
      count({ method, told: "logits", width: "narrow", drafted: 4, sequences: SEQUENCES, seed: 9 })
        .accepted_a_call,
  );
  expect(block).toBeGreaterThan((rejection ?? 0) * 1.02);
});
