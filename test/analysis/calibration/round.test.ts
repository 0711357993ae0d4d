import { describe, expect, test } from "vitest";
import {
  afterRound,
  CalibrationTally,
  type RoundOptions,
  startCalibration,
} from "../../../src/analysis/calibration/round.ts";
import { CALIBRATE_DEFAULTS, calibrate, plainReader } from "../../../src/analysis/index.ts";
import { createKernelReader } from "../../../src/analysis/row-reader.ts";
import { inRounds as roundsOf } from "./in-rounds.ts";

const CLASSES = 7;
const ROWS = 300;
const OPTIONS: RoundOptions = {
  ...CALIBRATE_DEFAULTS,
  bins: 6,
  entropy_bins: 4,
  per_class: true,
  resamples: 50,
};

/** Over-confident rows; a little more than half are right. */
const values = new Float32Array(ROWS * CLASSES);
const targets = new Int32Array(ROWS);
let state = 5;
const next = () => {
  state = (Math.imul(state, 1664525) + 1013904223) | 0;
  return (state >>> 0) / 2 ** 32;
};
for (let r = 0; r < ROWS; r++) {
  for (let c = 0; c < CLASSES; c++) values[r * CLASSES + c] = 6 * (next() + next() - 1);
  const row = values.subarray(r * CLASSES, (r + 1) * CLASSES);
  targets[r] = next() < 0.55 ? row.indexOf(Math.max(...row)) : Math.floor(next() * CLASSES);
}
const rowAt = (r: number) => ({
  values: values.subarray(r * CLASSES, (r + 1) * CLASSES),
  target: targets[r],
});

function inRounds(parts: number, partOf: (r: number) => number) {
  const rows = Array.from(targets, (_, r) => rowAt(r));
  return roundsOf(OPTIONS, { rows, reader: createKernelReader(CLASSES), parts, partOf, rounds_max: 30 });
}

describe("a calibration in rounds", () => {
  test("is that of the whole set at once, to the bit", () => {
    const whole = calibrate({ values, classes: CLASSES, targets }, { ...OPTIONS, resamples: 0 });
    const { calibration, passes, before, after } = inRounds(1, () => 0);
    expect(calibration.temperature).toBe(whole.temperature);
    expect(passes).toBe(whole.passes);
    expect({ before, after }).toEqual({ before: whole.before, after: whole.after });
  });

  test("has the same bytes however the rows are cut, and in whatever order the parts come", () => {
    const one = JSON.stringify(inRounds(1, () => 0));
    expect(JSON.stringify(inRounds(3, (r) => r % 3))).toBe(one);
    expect(JSON.stringify(inRounds(5, (r) => Math.floor((r * 5) / ROWS)))).toBe(one);
  });

  test("has intervals that hold their estimates, as wide as those of rows that are drawn anew", () => {
    const { calibration, intervals, before, after } = inRounds(1, () => 0);
    const found = [
      [intervals!.temperature!, calibration.temperature!],
      [intervals!.ece_before, before.ece],
      [intervals!.ece_after, after.ece],
    ] as const;
    for (const [{ low, high }, estimate] of found) {
      expect(low).toBeLessThanOrEqual(estimate);
      expect(high).toBeGreaterThanOrEqual(estimate);
    }
    const redrawn = Array.from({ length: 200 }, resampled);
    const temperatures = redrawn.map(({ temperature }) => temperature);
    const { low, high } = intervals!.temperature!;
    expect((high - low) / (quantile(temperatures, 0.975) - quantile(temperatures, 0.025))).toBeGreaterThan(
      0.7,
    );
    const eces = redrawn.map((each) => each.before.ece);
    const theirs = 2 * before.ece - quantile(eces, 0.025);
    expect(Math.abs(intervals!.ece_before.high / theirs - 1)).toBeLessThan(0.1);
  });
});

/** Rows drawn with replacement, and a full fit of each resample: the definition that the intervals approximate. */
function resampled() {
  const rows = Array.from({ length: ROWS }, () => Math.floor(next() * ROWS));
  const drawn = Float32Array.from(rows.flatMap((r) => Array.from(rowAt(r).values)));
  const came = Int32Array.from(rows, (r) => targets[r]!);
  return calibrate({ values: drawn, classes: CLASSES, targets: came }, { ...OPTIONS, resamples: 0 });
}

function quantile(values: readonly number[], q: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(q * values.length)]!;
}

describe("rows that do not belong", () => {
  const tally = () => new CalibrationTally(startCalibration(), OPTIONS);
  test.each([
    [
      "another length",
      { values: Float32Array.of(1, 2, 3), target: 0 },
      "as many logits as the first, 7, got 3",
    ],
    ["no class", { values: values.subarray(0, CLASSES), target: undefined }, "needs the class that came"],
    [
      "NaN",
      { values: Float32Array.of(1, Number.NaN, 0, 0, 0, 0, 0), target: 0 },
      "must be finite or -Infinity, got NaN",
    ],
    [
      "a masked class",
      { values: Float32Array.of(1, Number.NEGATIVE_INFINITY, 0, 0, 0, 0, 0), target: 1 },
      "must be finite, got -Infinity for class 1",
    ],
  ])("%s is refused, and nothing of it is summed", (_, row, sentence) => {
    const sums = tally();
    sums.take(rowAt(0), plainReader);
    const before = JSON.stringify(sums.save());
    expect(() => sums.take(row, plainReader)).toThrow(sentence);
    expect(JSON.stringify(sums.save())).toBe(before);
  });

  test("no rows at all cannot be calibrated", () => {
    expect(() => afterRound(startCalibration(), tally(), OPTIONS)).toThrow("at least 1 row, got 0");
  });

  test("sums of other bins are refused", () => {
    const others = new CalibrationTally(startCalibration(), { ...OPTIONS, bins: 5 });
    others.take(rowAt(0), plainReader);
    const sums = tally();
    sums.take(rowAt(0), plainReader);
    expect(() => sums.merge(others.save())).toThrow("as many parts, 6, got 5");
  });
});
