import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  CALIBRATE_DEFAULTS,
  calibrate,
  calibrateInSlices,
  labelledLogits,
  logSoftmax,
  plainReader,
  score,
} from "../../../src/analysis/index.ts";

/** Rows whose classes are drawn from their own softmax, so that T = 1 is right, then stretched by `stretch`. */
function honestRows(count: number, classes: number, stretch: number) {
  const u = new Int32Array(1);
  let state = 1;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    u[0] = state;
    return (u[0]! >>> 0) / 2 ** 32;
  };
  const rows: number[][] = [];
  const targets: number[] = [];
  for (let r = 0; r < count; r++) {
    const row = Array.from({ length: classes }, () => 4 * (next() + next() - 1));
    const weights = row.map(Math.exp);
    let left = next() * weights.reduce((a, b) => a + b);
    let target = 0;
    while (target < classes - 1 && left >= weights[target]!) left -= weights[target++]!;
    rows.push(row.map((x) => x * stretch));
    targets.push(target);
  }
  return labelledLogits(rows, targets);
}

function meanLoss(set: ReturnType<typeof honestRows>, temperature: number): number {
  let sum = 0;
  for (let r = 0; r < set.targets.length; r++) {
    sum -= score(
      set.values.subarray(r * set.classes, (r + 1) * set.classes),
      set.targets[r]!,
      temperature,
    ).logprob;
  }
  return sum / set.targets.length;
}

describe("the temperature", () => {
  test("solved by hand: one row (0, x) right three times of four wants odds of 3, T = x / ln 3", () => {
    const set = labelledLogits(
      [
        [0, 5],
        [0, 5],
        [0, 5],
        [0, 5],
      ],
      [1, 1, 1, 0],
    );
    expect(calibrate(set, { resamples: 0 }).temperature).toBeCloseTo(5 / Math.log(3), 10);
  });

  test("a single logit is the same binary case", () => {
    const set = labelledLogits([[5], [5], [5], [5]], [1, 1, 1, 0]);
    expect(calibrate(set, { resamples: 0 }).temperature).toBeCloseTo(5 / Math.log(3), 10);
  });

  test.each([
    ["over-confident logits are flattened", 3],
    ["under-confident ones are sharpened: T < 1", 0.25],
    ["logits of 100,000 are no harder", 1e5],
  ])("%s", (_, stretch) => {
    const { temperature, before, after } = calibrate(honestRows(4000, 5, stretch), { resamples: 0 });
    expect(temperature / stretch).toBeGreaterThan(0.93);
    expect(temperature / stretch).toBeLessThan(1.07);
    expect(after.ece).toBeLessThan(before.ece);
    expect(after.accuracy).toBe(before.accuracy);
  });

  test("no temperature within 1e-6 of it has a smaller loss, and the scale of the logits only scales it", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 6 }),
        fc.double({ min: 0.01, max: 100, noNaN: true }),
        (classes, stretch) => {
          const set = honestRows(300, classes, stretch);
          const { temperature } = calibrate(set, { resamples: 0 });
          const plain = calibrate(honestRows(300, classes, 1), { resamples: 0 }).temperature;
          expect(Math.abs(temperature / (plain * stretch) - 1)).toBeLessThan(1e-9);
          const best = meanLoss(set, temperature);
          expect(meanLoss(set, temperature * (1 + 1e-4))).toBeGreaterThan(best);
          expect(meanLoss(set, temperature * (1 - 1e-4))).toBeGreaterThan(best);
        },
      ),
      { numRuns: 20 },
    );
  });

  test("stored log-probabilities do as well as logits: softmax cannot tell them apart", () => {
    const set = honestRows(300, 5, 2);
    const values = set.values.slice();
    for (let at = 0; at < values.length; at += 5) values.set(logSoftmax(set.values.subarray(at, at + 5)), at);
    const of_logits = calibrate(set, { resamples: 0 });
    const of_logprobs = calibrate({ ...set, values }, { resamples: 0 });
    expect(of_logprobs.temperature).toBeCloseTo(of_logits.temperature, 10);
    expect(of_logprobs.after.nll).toBeCloseTo(of_logits.after.nll, 12);
  });

  test("it takes few passes over the set", () => {
    expect(calibrate(honestRows(500, 4, 2.2), { resamples: 0 }).passes).toBeLessThan(12);
  });

  test.each([
    [
      "when every row is right there is none: surer is always better",
      [
        [5, 0],
        [0, 3],
      ],
      [0, 1],
      "temperature 0",
    ],
    [
      "when every row is wrong there is none: T goes to infinity",
      [
        [5, 0],
        [0, 3],
      ],
      [1, 0],
      "temperature infinity",
    ],
    [
      "when all logits are equal there is none",
      [
        [1, 1],
        [2, 2],
      ],
      [0, 1],
      "minimum",
    ],
    [
      "when a class came that was masked there is none",
      [[0, Number.NEGATIVE_INFINITY]],
      [1],
      "must be finite",
    ],
  ])("%s", (_, rows, targets, words) => {
    expect(() => calibrate(labelledLogits(rows, targets))).toThrow(
      expect.objectContaining({ code: "cannot_calibrate", message: expect.stringContaining(words) }),
    );
  });
});

describe("the account of it", () => {
  const set = honestRows(600, 4, 2.5);

  test("before and after, checked against their definitions", () => {
    const { before, after, temperature, rows } = calibrate(set, { resamples: 0 });
    expect(rows).toBe(600);
    expect(before.nll).toBeCloseTo(meanLoss(set, 1), 12);
    expect(after.nll).toBeCloseTo(meanLoss(set, temperature), 12);
    expect(before.overconfidence).toBeGreaterThan(0.05);
    expect(Math.abs(after.overconfidence)).toBeLessThan(0.05);
    expect(after.brier).toBeLessThan(before.brier);
    expect(after.bins.reduce((sum, bin) => sum + bin.rows, 0)).toBe(600);
  });

  test("intervals hold the figures they are for, and the same seed gives them again", () => {
    const first = calibrate(set, { seed: "7" });
    const again = calibrate(set, { seed: "7" });
    const other = calibrate(set, { seed: "8" });
    expect(again).toEqual(first);
    expect(other.intervals).not.toEqual(first.intervals);
    expect(first.intervals!.temperature!.low).toBeLessThan(first.temperature);
    expect(first.intervals!.temperature!.high).toBeGreaterThan(first.temperature);
    expect(first.intervals!.ece_before.low).toBeLessThan(first.before.ece);
    expect(first.intervals!.ece_before.high).toBeGreaterThan(first.before.ece);
    expect(first.intervals!.ece_before.low).toBeGreaterThan(first.intervals!.ece_after.high);
  });

  test("a round is paused after every millisecond of rows", () => {
    const rows = 3000;
    const classes = 400;
    const values = new Float32Array(rows * classes).map((_, i) => Math.sin(i * 7.3) * 3);
    const targets = Int32Array.from({ length: rows }, (_, r) => {
      const row = values.subarray(r * classes, (r + 1) * classes);
      return r % 3 === 0 ? row.indexOf(Math.max(...row)) : r % classes;
    });
    const steps = calibrateInSlices({ values, classes, targets }, CALIBRATE_DEFAULTS, plainReader);
    let pauses = 0;
    // 1.2 million elements give a round five slices of 2¹⁸.
    while (pauses < 6 && !steps.next().done) pauses++;
    expect(pauses).toBe(6);
    steps.return(undefined as never);
  });

  test("pausing between slices changes nothing; f32 rows by the kernel equal plain float64 bit for bit", () => {
    const single = { ...set, values: Float32Array.from(set.values) };
    const steps = calibrateInSlices(
      { ...set, values: Float64Array.from(single.values) },
      CALIBRATE_DEFAULTS,
      plainReader,
    );
    let pauses = 0;
    let step = steps.next();
    while (!step.done) {
      pauses++;
      step = steps.next();
    }
    // One pause after every slice, of which a round with few rows has one, and one after every round.
    expect(pauses).toBe(2 * (calibrate(single).passes + 1));
    expect(calibrate(single)).toEqual(step.value);
  });
});

describe("sets that are none", () => {
  test.each([
    ["no rows", [], [], "invalid_logits", ""],
    ["fewer classes than rows", [[1, 2]], [], "length_mismatch", "/targets"],
    ["rows of different lengths", [[1, 2], [1]], [0, 0], "length_mismatch", "/logits/1"],
    ["NaN", [[1, Number.NaN]], [0], "nan_logit", "/logits/0/1"],
    ["a class that is not there", [[1, 2]], [2], "token_id_out_of_range", "/targets/0"],
  ])("%s", (_, rows, targets, code, pointer) => {
    expect(() => labelledLogits(rows, targets)).toThrow(expect.objectContaining({ code, pointer }));
  });
});
