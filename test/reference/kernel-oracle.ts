/**
 * The kernel's weights, block sums, normaliser and draw again, one element at a time with Math.fround after every
 * operation. The wasm module must give the same bits. Then every engine gives them, because IEEE 754 defines the result
 * of each step.
 */

const f = Math.fround;
const LOG2_E = Math.LOG2E;
const LN_2 = Math.LN2;
const MAGIC = 12582912;
const POLYNOMIAL = [
  1.0000000718663848, 0.9999996910699437, 0.49998892661192695, 0.16667576541808804, 0.04191562925056718,
  0.008297619466280623,
] as const;

const FLOAT = new Float32Array(1);
const BITS = new Int32Array(FLOAT.buffer);

export interface OracleWeights {
  weigh(x: number): number;
  /** ln Σ exp((x − largest)/T) = ln Σ w + offset */
  readonly offset: number;
}

export function oracleWeights(largest: number, temperature: number): OracleWeights {
  const power = powerNear(temperature);
  const t = temperature / power;
  const rounded = roundHalfToEven((largest * LOG2_E) / temperature);
  const far = Math.abs(rounded) > 3900;
  const reference = far ? largest : 0;
  const n = far ? 0 : rounded;
  const scale = f(1 / power);
  const c = t * LN_2;
  const y_min = f((n - 124) * c);
  const inverse = f(LOG2_E / t);
  const shift = f(MAGIC - n);
  const c_high = highHalf(f(c));
  const c_low = f(c - c_high);
  const k = 1 / t;
  const k2 = k * k;
  const k3 = k2 * k;
  const powers = [1, k, k2, k3, k2 * k2, k2 * k3] as const;
  const p = POLYNOMIAL.map((value, degree) => f(value * powers[degree]!));
  const [p0, p1, p2, p3, p4, p5] = p as [number, number, number, number, number, number];

  function weigh(value: number): number {
    const y = f(f(value - reference) * scale);
    const x = Math.max(y, y_min);
    const shifted = f(f(x * inverse) + shift);
    const m = f(shifted - shift);
    const r = f(f(x - f(m * c_high)) - f(m * c_low));
    const r2 = f(r * r);
    let q = f(f(p5 * r) + p4);
    q = f(f(q * r2) + f(f(p3 * r) + p2));
    q = f(f(q * r2) + f(f(p1 * r) + p0));
    FLOAT[0] = shifted;
    const exponent = BITS[0]! << 23;
    FLOAT[0] = q;
    BITS[0] = BITS[0]! + exponent;
    return FLOAT[0]!;
  }
  return { weigh, offset: n * LN_2 + (reference - largest) / temperature };
}

/** The sum of one block of 128 weights, zeros where tokens are masked: lane by lane, 16 at a time. */
function oracleBlockSum(weights: ArrayLike<number>, first: number): number {
  const lanes = [0, 0, 0, 0];
  for (let group = 0; group < 128; group += 16) {
    for (let lane = 0; lane < 4; lane++) {
      const at = first + group + lane;
      const sum = f(f(weights[at]! + weights[at + 4]!) + f(weights[at + 8]! + weights[at + 12]!));
      lanes[lane] = group === 0 ? sum : f(lanes[lane]! + sum);
    }
  }
  return lanes[0]! + lanes[1]! + (lanes[2]! + lanes[3]!);
}

export interface OracleSums {
  readonly weights: Float32Array;
  readonly sums: Float64Array;
  readonly total: number;
  readonly offset: number;
}

/** Weights and block sums of the survivors; `survives` undefined stands for a pass without a cut. */
export function oracleSums(
  row: Float32Array,
  largest: number,
  temperature: number,
  survives: ((id: number) => boolean) | undefined,
): OracleSums {
  const { weigh, offset } = oracleWeights(largest, temperature);
  const blocks = Math.max(1, Math.ceil(row.length / 128));
  const weights = new Float32Array(blocks * 128);
  for (let id = 0; id < weights.length; id++) {
    const x = row[id] ?? -Infinity;
    weights[id] = survives === undefined || (id < row.length && survives(id)) ? weigh(x) : 0;
  }
  const sums = new Float64Array(blocks);
  let total = 0;
  for (let block = 0; block < blocks; block++) {
    sums[block] = oracleBlockSum(weights, block * 128);
    total += sums[block]!;
  }
  return { weights, sums, total, offset };
}

/** The draw: block sums first, then the weights of one block, in f64; −Infinity is never drawn. */
export function oracleDraw(row: Float32Array, sums: OracleSums, u: number): number {
  const target = u * sums.total;
  let sum = 0;
  let block = -1;
  for (let i = 0; i < sums.sums.length; i++) {
    const some = row
      .subarray(i * 128, i * 128 + 128)
      .some((x, at) => x > -Infinity && sums.weights[i * 128 + at]! > 0);
    if (!some) continue;
    block = i;
    if (sum + sums.sums[i]! > target) break;
    sum += sums.sums[i]!;
  }
  let chosen = -1;
  for (let id = block * 128; id < Math.min(block * 128 + 128, row.length); id++) {
    if (row[id]! === -Infinity || sums.weights[id] === 0) continue;
    chosen = id;
    sum += sums.weights[id]!;
    if (sum > target) break;
  }
  return chosen;
}

function powerNear(temperature: number): number {
  if (temperature >= 1 / 1024 && temperature <= 1024) return 1;
  return 2 ** Math.floor(Math.log2(temperature));
}

function roundHalfToEven(x: number): number {
  const floor = Math.floor(x);
  if (x - floor !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** The 12 leading significant bits. */
function highHalf(x: number): number {
  FLOAT[0] = x;
  BITS[0] = BITS[0]! & 0xfffff000;
  return FLOAT[0]!;
}
