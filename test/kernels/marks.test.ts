/** Draws of marked tokens from whole rows, against the definition in plain float64. */
import { describe, expect, test } from "vitest";
import {
  type Cut,
  cutFrom,
  EVERY_TIE,
  EVERYTHING,
  GAIN_MAX,
  Kernel,
  type LayersRule,
  type Noise,
  type Row,
  uniformOf,
} from "../../src/kernels/kernel.ts";
import { flatRow, peakedRow, quantisedRow, seededUniform, sparseRow } from "./rows.ts";

const V = 3001;
const kernel = new Kernel({ vocab_size_max: V, rows_max: 1 });
const row = kernel.leaseRow() as Row; // there is one
const T = 0.8;
const NOISE: Noise = { counter: [11, 22, 33], key: [44, 55], coarse: true };
/** The largest shift of a running sum by float32 weights. */
const ERROR = 1e-6;

const ROWS: readonly (readonly [string, Float32Array])[] = [
  ["flat", flatRow(V, 1)],
  ["peaked", peakedRow(V, 2)],
  ["of few values", quantisedRow(V, 3, 0.5)],
  [
    "mostly masked",
    sparseRow(V, Number.NEGATIVE_INFINITY, [
      [7, 1],
      [1000, 2],
      [V - 1, 1.5],
    ]),
  ],
];
const CUTS: readonly (readonly [string, Cut])[] = [
  ["all", EVERYTHING],
  ["those above a floor", cutFrom(-1.5, EVERY_TIE)],
  ["with a tie in the middle", cutFrom(-2, 1500)],
];

/** The probabilities at T of the tokens that survive. */
function probabilities(values: Float32Array, { floor, tie_id }: Cut): number[] {
  const weights = Array.from(values, (x, id) =>
    x > floor || (x === floor && id <= tie_id) ? Math.exp((x - row.max) / T) : 0,
  );
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

/** True when the token is the one at u, within the precision of float32. */
function expectDrawn(weights: readonly number[], token_id: number, u: number): void {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const from = weights.slice(0, token_id).reduce((sum, weight) => sum + weight, 0) / total;
  const own = (weights[token_id] ?? 0) / total;
  expect(own).toBeGreaterThan(0);
  expect(u).toBeGreaterThan(from - ERROR);
  expect(u).toBeLessThan(from + own + ERROR);
}

const UNIFORMS = [1e-9, 0.1, 0.3, 0.5, 0.77, 0.999, 1 - 1e-9];

describe.each(ROWS)("a row, %s", (_, values) => {
  test.each(CUTS)("green tokens weigh more: %s", (_name, cut) => {
    row.load(values);
    row.finish();
    if (row.max < cut.floor) return;
    for (const [gamma, gain] of [
      [0.25, Math.exp(2)],
      [0.5, 1],
      [0.01, GAIN_MAX],
      [0.999999, 3],
    ] as const) {
      const marked = probabilities(values, cut).map((p, id) => (uniformOf(NOISE, id) < gamma ? gain * p : p));
      for (const u of UNIFORMS)
        expectDrawn(marked, kernel.drawMarked(row, T, cut, { noise: NOISE, gamma, gain }, u), u);
    }
  });

  test.each(CUTS)("a tournament: %s", (_name, cut) => {
    row.load(values);
    row.finish();
    if (row.max < cut.floor) return;
    for (const [layers, period] of [
      [1, 2],
      [10, 256],
      [11, 1024],
      [30, 65_536],
      [32, 2048],
    ] as const) {
      const rule = layersRule(layers, period);
      const marked = played(probabilities(values, cut), rule);
      for (const u of UNIFORMS) expectDrawn(marked, kernel.drawMarked(row, T, cut, rule, u), u);
    }
  });
});

function layersRule(layers: number, period: number): LayersRule {
  const uniform = seededUniform(layers);
  const table = Int32Array.from({ length: period }, () => Math.floor(uniform() * 2 ** layers) | 0);
  return {
    layers,
    period,
    writeBits(bits) {
      for (let id = 0; id < bits.length; id++) bits[id] = table[id % period] as number;
    },
  };
}

/** p ← p·(1 + g − Σ g·p), layer by layer. */
function played(p: readonly number[], { layers, writeBits }: LayersRule): number[] {
  const bits = new Int32Array(p.length);
  writeBits(bits);
  let left = [...p];
  for (let layer = 0; layer < layers; layer++) {
    const g = (id: number) => ((bits[id] as number) >>> layer) & 1;
    const mass = left.reduce((sum, each, id) => sum + g(id) * each, 0);
    left = left.map((each, id) => each * (1 + g(id) - mass));
  }
  return left;
}

test("of a u at gamma itself the token is not green, of the next lower one it is", () => {
  row.load(new Float32Array(V).fill(0));
  row.finish();
  const [least = 0, next = 0] = Array.from({ length: V }, (_, id) => uniformOf(NOISE, id)).sort(
    (a, b) => a - b,
  );
  const green = Array.from({ length: V }, (_, id) => id).find((id) => uniformOf(NOISE, id) === least);
  // One token has nearly all of the mass, in a row in which it alone is green.
  expect(kernel.drawMarked(row, 1, EVERYTHING, { noise: NOISE, gamma: next, gain: GAIN_MAX }, 0.5)).toBe(
    green,
  );
  // When no token is green, the draw is from the middle of the row.
  expect(kernel.drawMarked(row, 1, EVERYTHING, { noise: NOISE, gamma: least, gain: GAIN_MAX }, 0.5)).toBe(
    Math.floor(V / 2),
  );
});
