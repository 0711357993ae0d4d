/**
 * Compares the docs' figures with logits of real models: a small network for MNIST digits, naive Bayes for the Spam
 * Assassin corpus, the demo language model. examples/real-data computed the figures.
 */
import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { readRows } from "../../examples/real-data/vectors.ts";
import {
  areaUnderRoc,
  calibrate,
  confidentlyWrong,
  decide,
  diagnose,
  fitBaseline,
  type LabelledLogits,
  logOdds,
  loss,
  readerFor,
  rowOf,
  score,
  softmax,
  suspicion,
} from "../../src/analysis/index.ts";

/** The same logits, divided by T. */
function divided(set: LabelledLogits, temperature: number): LabelledLogits {
  return { ...set, values: Float64Array.from(set.values, (x) => x / temperature) };
}

function eachRow<T>(
  set: LabelledLogits,
  rows: number,
  read: (row: Float32Array | Float64Array, r: number) => T,
): T[] {
  return Array.from({ length: rows }, (_, r) => read(rowOf(set, r), r));
}

describe("handwritten digits", () => {
  const validation = readRows("digits", "validation");
  const unseen = readRows("digits", "test");
  const perturbed = readRows("digits", "perturbed");
  const fit = calibrate(validation);

  test("the network is right nine times of ten and far too sure of it: T is about 2.4", () => {
    expect(fit.before.accuracy).toBeCloseTo(0.9015, 10);
    expect(fit.before.overconfidence).toBeCloseTo(0.064, 3);
    expect(fit.temperature).toBeCloseTo(2.367474, 5);
    expect(fit.intervals!.temperature!.low).toBeGreaterThan(2);
    expect(fit.intervals!.temperature!.high).toBeLessThan(2.7);
  });

  test("on digits that neither saw, calibration brings ECE from 0.064 to 0.027 and changes no answer", () => {
    const before = calibrate(unseen, { resamples: 0 }).before;
    const after = calibrate(divided(unseen, fit.temperature), { resamples: 0 }).before;
    expect(before.ece).toBeCloseTo(0.0642, 3);
    expect(after.ece).toBeCloseTo(0.0272, 3);
    expect(after.nll).toBeLessThan(before.nll - 0.1);
    expect(after.brier).toBeLessThan(before.brier);
    expect(after.classwise_ece).toBeLessThan(before.classwise_ece!);
    expect(after.accuracy).toBe(before.accuracy);
  });

  test("confident mistakes fall from 108 to 32 in 2,000", () => {
    const mistakes = (temperature: number) =>
      eachRow(unseen, 2000, (row, r) =>
        confidentlyWrong(diagnose(row, temperature), unseen.targets[r]!),
      ).filter(Boolean);
    expect(mistakes(1)).toHaveLength(108);
    expect(mistakes(fit.temperature)).toHaveLength(32);
  });

  describe("the suspicious flag, told to hit 5 % of clean digits", () => {
    const baseline = fitBaseline(
      eachRow(validation, 2000, (row) => diagnose(row)),
      0.05,
    );
    const clean = eachRow(unseen, 1000, (row) => suspicion(diagnose(row), baseline));
    const moved = eachRow(perturbed, 1000, (row) => suspicion(diagnose(row), baseline));
    const flagged = (found: typeof clean) =>
      found.filter(({ suspicious }) => suspicious).length / found.length;

    test("hits 4.4 % of other clean ones", () => {
      expect(flagged(clean)).toBeCloseTo(0.044, 10);
    });

    test("tells perturbed digits from clean ones better than a coin, and far from surely: AUC 0.76, 14 % found", () => {
      const area = areaUnderRoc(
        clean.map((found) => found.suspicion),
        moved.map((found) => found.suspicion),
      );
      expect(area).toBeCloseTo(0.764, 3);
      expect(flagged(moved)).toBeCloseTo(0.143, 10);
    });

    test("mostly marks what is hard: of 89 clean digits read wrongly it flags 26, of the right ones 18", () => {
      const wrong = clean.filter((_, r) => diagnose(rowOf(unseen, r)).top_id !== unseen.targets[r]);
      expect(wrong).toHaveLength(89);
      expect(wrong.filter(({ suspicious }) => suspicious)).toHaveLength(26);
    });
  });
});

describe("spam", () => {
  const validation = readRows("spam", "validation");
  const unseen = readRows("spam", "test");
  const { temperature } = calibrate(validation, { resamples: 0 });

  test("naive Bayes counts dependent words as independent evidence: its log-odds are 19 times too large", () => {
    expect(temperature).toBeCloseTo(18.554, 2);
  });

  describe("a firewall that acts only when it is sure enough", () => {
    const outcome = (t: number, threshold: number) => {
      const ids = eachRow(
        unseen,
        unseen.targets.length,
        (row) => decide(softmax(row, t), threshold).class_id,
      );
      const count = (id: number | null, target?: number) =>
        ids.filter((found, r) => found === id && (target ?? unseen.targets[r]) === unseen.targets[r]).length;
      const wrong = count(1, 0) + count(0, 1);
      return {
        blocked_ham: count(1, 0),
        for_a_person: count(null),
        wrong: wrong / (ids.length - count(null)),
      };
    };

    test("at 0.99 it is wrong 1 time in 20 before calibration, and 1 in 90 after, as the threshold says", () => {
      expect(outcome(1, 0.99).wrong).toBeCloseTo(0.0486, 3);
      expect(outcome(temperature, 0.99).wrong).toBeCloseTo(0.011, 3);
    });

    test("at 0.95 calibration leaves no good message blocked, and 580 of 1,512 for a person instead of 21", () => {
      expect(outcome(1, 0.95)).toMatchObject({ blocked_ham: 2, for_a_person: 21 });
      expect(outcome(temperature, 0.95)).toMatchObject({ blocked_ham: 0, for_a_person: 580 });
    });
  });

  test("ECE falls by half on messages that neither saw", () => {
    const before = calibrate(unseen, { resamples: 0 }).before.ece;
    const after = calibrate(divided(unseen, temperature), { resamples: 0 }).before.ece;
    expect(before).toBeCloseTo(0.0543, 3);
    expect(after).toBeCloseTo(0.0296, 3);
  });
});

describe("a language model on a text that it does not know", () => {
  const passage = readRows("language-model");
  const scores = eachRow(passage, 16, (row, r) => score(row, passage.targets[r]!));

  test("loses 4.40 nats a token, as much as guessing among 82", () => {
    const result = loss(scores.map(({ logprob }) => logprob));
    expect(result.cross_entropy).toBeCloseTo(4.401776, 5);
    expect(result.perplexity).toBeCloseTo(81.5957, 3);
    expect(result.cross_entropy_bits).toBeCloseTo(6.35, 3);
  });

  test("puts every other token among its first three", () => {
    expect(scores.filter(({ rank }) => rank <= 3)).toHaveLength(9);
  });

  test("is a little too sure even of tokens: T is about 1.2", () => {
    expect(calibrate(passage, { resamples: 0 }).temperature).toBeCloseTo(1.202, 3);
  });
});

test("the same bits on every engine: a digest of everything computed from these logits", () => {
  const digest = createHash("sha256");
  const sets = [
    ["digits", "validation"],
    ["digits", "perturbed"],
    ["spam", "test"],
    ["language-model"],
  ] as const;
  for (const [name, part] of sets) {
    const set = readRows(name, part);
    const reader = readerFor(set.values, set.classes);
    const rows = eachRow(set, set.targets.length, (row, r) => [
      reader.moments(row, 0.7),
      reader.score(row, set.targets[r]!, 1),
      diagnose(row),
      logOdds(row)[set.targets[r]!],
    ]);
    const { calibration: _, ...account } = calibrate(set, { resamples: 20 });
    digest.update(JSON.stringify([rows, account]));
  }
  expect(digest.digest("hex")).toBe("23c8cde775806b4116133c8669d53124379fc1655d560c6de9ddc9b11f0893f2");
});
