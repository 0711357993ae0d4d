/**
 * Weights of f32 logits in f64, two lanes at a time, to the bits of src/analysis/exp.ts.
 *
 * With y = (x − max)·log₂e/T the weight of a logit is 2^y. It is computed as 2^n · (1 + f·P(f)) with n = round(y) and
 * f = y − n, 1 + f·P(f) as exp.ts describes it. y is raised to −1023, where f = 0 and P = 1:
 * adding n to the exponent bits of 1 then leaves no bit at all, so a masked logit weighs exactly 0 without a test.
 */

/*
 * Each constant twice, in memory: a literal would become an immediate, which Node 24 builds again in every iteration
 * of a loop.
 */
const ROUNDER: usize = memory.data<f64>([6755399441055744, 6755399441055744], 16);
export const LOWEST: usize = memory.data<f64>([-1023, -1023], 16);
const ONE: usize = memory.data<f64>([1, 1], 16);
const P0: usize = memory.data<f64>([0.6931471805599516, 0.6931471805599516], 16);
const P1: usize = memory.data<f64>([0.24022650695910472, 0.24022650695910472], 16);
const P2: usize = memory.data<f64>([0.055504108664346595, 0.055504108664346595], 16);
const P3: usize = memory.data<f64>([0.009618129107380722, 0.009618129107380722], 16);
const P4: usize = memory.data<f64>([0.001333355824647934, 0.001333355824647934], 16);
const P5: usize = memory.data<f64>([0.00015403530800807628, 0.00015403530800807628], 16);
const P6: usize = memory.data<f64>([1.5252647748458753e-5, 1.5252647748458753e-5], 16);
const P7: usize = memory.data<f64>([1.321523564006805e-6, 1.321523564006805e-6], 16);
const P8: usize = memory.data<f64>([1.0210506320316116e-7, 1.0210506320316116e-7], 16);
const P9: usize = memory.data<f64>([7.111757810496622e-9, 7.111757810496622e-9], 16);

/**
 * The weights of eight logits per iteration, four vectors interleaved: Node 20 orders instructions itself, Node 24
 * keeps the order of the source. Even and odd powers are computed separately, so that fewer steps wait for each other.
 */
export function weigh(row: usize, end: usize, max: f32, factor: f64, to: usize): void {
  const lowest = v128.load(LOWEST);
  const top = f64x2.splat(<f64>max);
  const by = f64x2.splat(factor);
  const rounder = v128.load(ROUNDER);
  const one = v128.load(ONE);
  const p0 = v128.load(P0);
  const p1 = v128.load(P1);
  const p2 = v128.load(P2);
  const p3 = v128.load(P3);
  const p4 = v128.load(P4);
  const p5 = v128.load(P5);
  const p6 = v128.load(P6);
  const p7 = v128.load(P7);
  const p8 = v128.load(P8);
  const p9 = v128.load(P9);
  do {
    const x0 = v128.load(row, 0);
    const x1 = v128.load(row, 16);
    const y0 = f64x2.pmax(f64x2.mul(f64x2.sub(f64x2.promote_low_f32x4(x0), top), by), lowest);
    const y1 = f64x2.pmax(f64x2.mul(f64x2.sub(f64x2.promote_low_f32x4(upper(x0)), top), by), lowest);
    const y2 = f64x2.pmax(f64x2.mul(f64x2.sub(f64x2.promote_low_f32x4(x1), top), by), lowest);
    const y3 = f64x2.pmax(f64x2.mul(f64x2.sub(f64x2.promote_low_f32x4(upper(x1)), top), by), lowest);
    const t0 = f64x2.add(y0, rounder);
    const t1 = f64x2.add(y1, rounder);
    const t2 = f64x2.add(y2, rounder);
    const t3 = f64x2.add(y3, rounder);
    const f0 = f64x2.sub(y0, f64x2.sub(t0, rounder));
    const f1 = f64x2.sub(y1, f64x2.sub(t1, rounder));
    const f2 = f64x2.sub(y2, f64x2.sub(t2, rounder));
    const f3 = f64x2.sub(y3, f64x2.sub(t3, rounder));
    const g0 = f64x2.mul(f0, f0);
    const g1 = f64x2.mul(f1, f1);
    const g2 = f64x2.mul(f2, f2);
    const g3 = f64x2.mul(f3, f3);
    let a0 = f64x2.add(p6, f64x2.mul(g0, p8));
    let a1 = f64x2.add(p6, f64x2.mul(g1, p8));
    let a2 = f64x2.add(p6, f64x2.mul(g2, p8));
    let a3 = f64x2.add(p6, f64x2.mul(g3, p8));
    let b0 = f64x2.add(p7, f64x2.mul(g0, p9));
    let b1 = f64x2.add(p7, f64x2.mul(g1, p9));
    let b2 = f64x2.add(p7, f64x2.mul(g2, p9));
    let b3 = f64x2.add(p7, f64x2.mul(g3, p9));
    a0 = f64x2.add(p4, f64x2.mul(g0, a0));
    a1 = f64x2.add(p4, f64x2.mul(g1, a1));
    a2 = f64x2.add(p4, f64x2.mul(g2, a2));
    a3 = f64x2.add(p4, f64x2.mul(g3, a3));
    b0 = f64x2.add(p5, f64x2.mul(g0, b0));
    b1 = f64x2.add(p5, f64x2.mul(g1, b1));
    b2 = f64x2.add(p5, f64x2.mul(g2, b2));
    b3 = f64x2.add(p5, f64x2.mul(g3, b3));
    a0 = f64x2.add(p2, f64x2.mul(g0, a0));
    a1 = f64x2.add(p2, f64x2.mul(g1, a1));
    a2 = f64x2.add(p2, f64x2.mul(g2, a2));
    a3 = f64x2.add(p2, f64x2.mul(g3, a3));
    b0 = f64x2.add(p3, f64x2.mul(g0, b0));
    b1 = f64x2.add(p3, f64x2.mul(g1, b1));
    b2 = f64x2.add(p3, f64x2.mul(g2, b2));
    b3 = f64x2.add(p3, f64x2.mul(g3, b3));
    a0 = f64x2.add(p0, f64x2.mul(g0, a0));
    a1 = f64x2.add(p0, f64x2.mul(g1, a1));
    a2 = f64x2.add(p0, f64x2.mul(g2, a2));
    a3 = f64x2.add(p0, f64x2.mul(g3, a3));
    b0 = f64x2.add(p1, f64x2.mul(g0, b0));
    b1 = f64x2.add(p1, f64x2.mul(g1, b1));
    b2 = f64x2.add(p1, f64x2.mul(g2, b2));
    b3 = f64x2.add(p1, f64x2.mul(g3, b3));
    const q0 = f64x2.add(a0, f64x2.mul(f0, b0));
    const q1 = f64x2.add(a1, f64x2.mul(f1, b1));
    const q2 = f64x2.add(a2, f64x2.mul(f2, b2));
    const q3 = f64x2.add(a3, f64x2.mul(f3, b3));
    v128.store(to, i64x2.add(f64x2.add(one, f64x2.mul(f0, q0)), i64x2.shl(t0, 52)), 0);
    v128.store(to, i64x2.add(f64x2.add(one, f64x2.mul(f1, q1)), i64x2.shl(t1, 52)), 16);
    v128.store(to, i64x2.add(f64x2.add(one, f64x2.mul(f2, q2)), i64x2.shl(t2, 52)), 32);
    v128.store(to, i64x2.add(f64x2.add(one, f64x2.mul(f3, q3)), i64x2.shl(t3, 52)), 48);
    row += 32;
    to += 64;
  } while (row != end);
}

/** y = (x − max)·factor of the lower two floats, at least −1023. */
// @ts-ignore: decorator
@inline
export function exponents(x: v128, max: v128, factor: v128, lowest: v128): v128 {
  return f64x2.pmax(f64x2.mul(f64x2.sub(f64x2.promote_low_f32x4(x), max), factor), lowest);
}

/** 2^y as in `weigh`, for −1023 ≤ y ≤ 0; exactly 0 for −1023. */
// @ts-ignore: decorator
@inline
export function power(y: v128): v128 {
  const t = f64x2.add(y, v128.load(ROUNDER));
  const f = f64x2.sub(y, f64x2.sub(t, v128.load(ROUNDER)));
  const g = f64x2.mul(f, f);
  let a = f64x2.add(v128.load(P6), f64x2.mul(g, v128.load(P8)));
  let b = f64x2.add(v128.load(P7), f64x2.mul(g, v128.load(P9)));
  a = f64x2.add(v128.load(P4), f64x2.mul(g, a));
  b = f64x2.add(v128.load(P5), f64x2.mul(g, b));
  a = f64x2.add(v128.load(P2), f64x2.mul(g, a));
  b = f64x2.add(v128.load(P3), f64x2.mul(g, b));
  a = f64x2.add(v128.load(P0), f64x2.mul(g, a));
  b = f64x2.add(v128.load(P1), f64x2.mul(g, b));
  const q = f64x2.add(a, f64x2.mul(f, b));
  return i64x2.add(f64x2.add(v128.load(ONE), f64x2.mul(f, q)), i64x2.shl(t, 52));
}

/** Moves the upper two floats to the lower two. */
// @ts-ignore: decorator
@inline
export function upper(x: v128): v128 {
  return i64x2.shuffle(x, x, 1, 1);
}
