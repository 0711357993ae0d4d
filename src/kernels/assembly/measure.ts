/**
 * The value by which tokens are selected: x, or −|(x − center) − rest| in f32 steps, so that the tokens closest
 * to a center come first. The center is in two parts, because rows far from zero would lose digits with one.
 */

export let centered: bool = false;
export let center: f32 = 0;
export let rest: f32 = 0;

/** Selects by distance from now on, or by value again. */
export function setMeasure(by_distance: bool, center_high: f32, center_low: f32): void {
  centered = by_distance;
  center = center_high;
  rest = center_low;
}

// @ts-ignore: decorator
@inline
export function negatedDistance(x: v128, centers: v128, rests: v128): v128 {
  return f32x4.neg(f32x4.abs(f32x4.sub(f32x4.sub(x, centers), rests)));
}

/** Computes the negated distances of a block; returns their address. */
export function measureBlock(from: usize, to: usize): usize {
  const centers = f32x4.splat(center);
  const rests = f32x4.splat(rest);
  const stop = from + 512;
  do {
    v128.store(to, negatedDistance(v128.load(from), centers, rests));
    from += 16;
    to += 16;
  } while (from != stop);
  return to - 512;
}
