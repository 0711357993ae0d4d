/**
 * Bias and vector scaling: the scaled rows, the optimum that scipy finds, and sums that are the same for every division
 * of the rows.
 */
import { describe, expect, test } from "vitest";
import { readRows } from "../../../examples/real-data/vectors.ts";
import {
  CalibrationTally,
  type RoundOptions,
  startCalibration,
} from "../../../src/analysis/calibration/round.ts";
import { RowScaler } from "../../../src/analysis/calibration/row-scaler.ts";
import type { ClassScaling } from "../../../src/analysis/calibration/scaling.ts";
import {
  CALIBRATE_DEFAULTS,
  calibrate,
  createAnyReader,
  type LabelledLogits,
  labelledLogits,
  plainReader,
  rowOf,
} from "../../../src/analysis/index.ts";
import { inRounds as roundsOf } from "./in-rounds.ts";

const METHODS = ["bias_scaling", "vector_scaling"] as const;
const digits = readRows("digits", "validation");
/** Rows of few classes, each of which occurs more than once. */
const small: LabelledLogits = { ...digits, targets: digits.targets.slice(0, 500) };

describe("a row", () => {
  const vector: ClassScaling = { method: "vector_scaling", weights: [2, 1, -1], biases: [0, 0.5, 1] };
  const bias: ClassScaling = { method: "bias_scaling", temperature: 2, biases: [0, 0.5, 1] };

  test("is multiplied by its weights, or divided by the temperature, and gets its biases", () => {
    expect(Array.from(new RowScaler(vector).scale([1, 2, 3]))).toEqual([2, 2.5, -2]);
    expect(Array.from(new RowScaler(bias).scale([1, 2, 3]))).toEqual([0.5, 1.5, 2.5]);
  });

  test("keeps masked classes masked, whatever their weight", () => {
    expect(Array.from(new RowScaler(vector).scale([1, 2, Number.NEGATIVE_INFINITY]))).toEqual([
      2,
      2.5,
      Number.NEGATIVE_INFINITY,
    ]);
  });

  test("of one logit is that of the second of two classes", () => {
    const binary: ClassScaling = { method: "vector_scaling", weights: [5, 2], biases: [0.25, 1] };
    const [z0, z1] = new RowScaler(binary).scale([0, 3]);
    expect(Array.from(new RowScaler(binary).scale([3]))).toEqual([z1! - z0!]);
  });

  test("of other classes than the calibration is refused", () => {
    expect(() => new RowScaler(vector).scale([1, 2])).toThrow("as many classes as the row has, 2, got 3");
  });
});

/** Found by scipy 1.17.1: L-BFGS-B, then Newton steps with the full Hessian until nothing changed. */
const OPTIMA = [
  {
    method: "bias_scaling",
    ridge: 0,
    nll: 0.36273391170540936,
    temperature: 2.334870068,
    biases: [
      -0.04642096, 0.057841906, 0.333160674, 0.157207069, -0.393810081, -0.173748316, -0.175459199,
      -0.215964413, 0.326844332, 0.130348989,
    ],
  },
  {
    method: "bias_scaling",
    ridge: 0.01,
    nll: 0.3633199801572912,
    temperature: 2.352826414,
    biases: [
      -0.020676517, 0.023537728, 0.203532902, 0.087194228, -0.257660797, -0.135351477, -0.104904903,
      -0.132451632, 0.217091311, 0.119689158,
    ],
  },
  {
    method: "vector_scaling",
    ridge: 0,
    nll: 0.356217787457042,
    weights: [
      0.547573242, 0.541840435, 0.391676589, 0.426971705, 0.46740615, 0.470766518, 0.433920732, 0.393003698,
      0.321531251, 0.412180067,
    ],
    biases: [
      -0.853775971, -0.70315206, 0.660558852, 0.276869186, -0.598335776, -0.356097904, -0.091575608,
      0.179143682, 1.107874315, 0.378491284,
    ],
  },
  {
    method: "vector_scaling",
    ridge: 0.01,
    nll: 0.35994903415812746,
    weights: [
      0.467902021, 0.467524382, 0.423016062, 0.434000856, 0.415362346, 0.433257665, 0.417723597, 0.396007647,
      0.374548053, 0.425930453,
    ],
    biases: [
      -0.185083645, -0.167912498, 0.199229839, 0.043073984, -0.214588968, -0.163020739, -0.062920338,
      0.004648435, 0.459811764, 0.086762168,
    ],
  },
] as const;

describe("the optimum", () => {
  test.each(OPTIMA)(
    "of $method with a ridge of $ridge is scipy's",
    ({ method, ridge, nll, ...parameters }) => {
      const found = calibrate(digits, { method, ridge, resamples: 0 });
      expect(Math.abs(found.after.nll - nll)).toBeLessThan(1e-9);
      for (const [name, theirs] of Object.entries(parameters)) {
        const ours = found.calibration[name as keyof typeof parameters];
        [ours].flat().forEach((value, i) => {
          expect(Math.abs(value! - [theirs].flat()[i]!), `${name} ${i}`).toBeLessThan(1e-8);
        });
      }
      expect(found.passes).toBeLessThan(30);
    },
  );

  test.each(METHODS)("of %s is better than that of the temperature alone", (method) => {
    const temperature = calibrate(digits, { resamples: 0 });
    const found = calibrate(digits, { method, resamples: 0 });
    expect(found.after.nll).toBeLessThan(temperature.after.nll - 0.005);
    expect(found.temperature).toBe(temperature.temperature);
    expect(found.before).toEqual(temperature.before);
  });

  test.each(METHODS)("of %s with a very large ridge is that of the temperature", (method) => {
    const temperature = calibrate(digits, { resamples: 0 });
    const { after } = calibrate(digits, { method, ridge: 1e6, resamples: 0 });
    expect(Math.abs(after.nll - temperature.after.nll)).toBeLessThan(1e-6);
  });

  test("of pseudo-masked classes is that of masked ones: what never counts has no part in it", () => {
    const masked = (value: number) => {
      const values = Float32Array.from(digits.values);
      for (let r = 0; r < digits.targets.length; r += 2)
        for (let c = 0; c < 10; c++)
          if (c % 3 === r % 3 && c !== digits.targets[r]) values[r * 10 + c] = value;
      return calibrate({ ...digits, values }, { method: "vector_scaling", resamples: 0 }).calibration;
    };
    expect(masked(-1e9)).toEqual(masked(Number.NEGATIVE_INFINITY));
  });

  test("has intervals of ECE that hold it, and none of a temperature", () => {
    for (const method of METHODS) {
      const { after, intervals } = calibrate(small, { method, ridge: 0.01, resamples: 50 });
      expect(intervals).not.toHaveProperty("temperature");
      expect(intervals!.ece_after.low).toBeLessThanOrEqual(after.ece);
      expect(intervals!.ece_after.high).toBeGreaterThanOrEqual(after.ece);
    }
  });
});

describe("no optimum", () => {
  const rows = [
    [2, 0, 1],
    [0, 2, 1],
    [1, 2, 0],
    [2, 1, 0],
  ];

  test.each(METHODS)("of %s when a class never came, unless a ridge holds it", (method) => {
    const set = labelledLogits(rows, [0, 1, 0, 1]);
    expect(() => calibrate(set, { method, resamples: 0 })).toThrow(
      "class 2 never came, so its bias would fall for ever",
    );
    const { calibration } = calibrate(set, { method, ridge: 0.01, resamples: 0 });
    expect(calibration.biases![2]).toBeLessThan(-1);
  });

  test("of classes that are told apart without a mistake", () => {
    // Two classes are confused. The third has a logit that no other class has.
    const set = labelledLogits(
      [
        [2, 0, 0],
        [0, 2, 0],
        [0, 2, 0],
        [2, 0, 0],
        [0, 0, 3],
        [0, 1, 3],
      ],
      [0, 1, 0, 1, 2, 2],
    );
    expect(() => calibrate(set, { method: "vector_scaling", resamples: 0 })).toThrow(
      "class 2 is told from all others without a mistake",
    );
  });
});

describe("rounds over shards", () => {
  const OPTIONS: RoundOptions = { ...CALIBRATE_DEFAULTS, ridge: 0.001, resamples: 20 };

  function inRounds(options: RoundOptions, parts: number, partOf: (r: number) => number) {
    const rows = Array.from(small.targets, (target, r) => ({
      values: Float32Array.from(rowOf(small, r)),
      target,
    }));
    return roundsOf(options, { rows, reader: createAnyReader(), parts, partOf, rounds_max: 60 });
  }

  test.each(METHODS)(
    "find by %s what the whole set gives at once, to the bit, in any cut and order",
    (method) => {
      const options = { ...OPTIONS, method };
      const values = Float32Array.from(digits.values.subarray(0, 500 * 10));
      const whole = calibrate({ ...small, values }, { ...options, resamples: 0 });
      const one = inRounds(options, 1, () => 0);
      expect(one.calibration).toEqual(whole.calibration);
      expect(one.passes).toBe(whole.passes);
      expect([one.before, one.after]).toEqual([whole.before, whole.after]);
      expect(JSON.stringify(inRounds(options, 3, (r) => r % 3))).toBe(JSON.stringify(one));
      expect(JSON.stringify(inRounds(options, 7, (r) => Math.floor((r * 7) / 500)))).toBe(
        JSON.stringify(one),
      );
    },
  );

  test("find conformal sets of the scaled rows", () => {
    const conformal = { method: "lac", miscoverage: 0.1, rank_penalty: 0, free_ranks: 0 } as const;
    const { conformal: found } = inRounds(
      { ...OPTIONS, method: "vector_scaling", conformal },
      2,
      (r) => r % 2,
    );
    expect(found).toMatchObject({ temperature: 1, scaling: "vector_scaling", rows: 500 });
    const whole = calibrate(small, { ...OPTIONS, method: "vector_scaling", conformal, resamples: 0 });
    expect(found!.threshold! / whole.conformal!.threshold!).toBeCloseTo(1, 3);
  });

  test("need all classes of a row", () => {
    const tally = new CalibrationTally(startCalibration(), { ...OPTIONS, method: "bias_scaling" });
    const tail = { ids: [3, 1], count: 8, logit: -9 };
    const row = { values: Float64Array.of(-0.1, -3), target: 1, tail };
    expect(() => tally.take(row, plainReader)).toThrow("needs all classes of a row, got only its best");
  });
});
