/**
 * Every kernel pass, defined in plain float64 TypeScript over ordinary arrays: it sorts and sums everything. It is slow
 * and short, so that a reader can compare it with the definition.
 */

const rankings = new WeakMap<object, readonly number[]>();

/**
 * Ids by logit descending, id ascending among equals; −Infinity left out. Cached, so rows must not change afterwards.
 */
export function ranked(row: ArrayLike<number>): readonly number[] {
  const known = rankings.get(row);
  if (known !== undefined) return known;
  const ranking = rank(row);
  rankings.set(row, ranking);
  return ranking;
}

function rank(row: ArrayLike<number>): number[] {
  return Array.from({ length: row.length }, (_, id) => id)
    .filter((id) => row[id]! > -Infinity)
    .sort((a, b) => row[b]! - row[a]! || a - b);
}

export function referenceTopK(row: ArrayLike<number>, k: number): number[] {
  return ranked(row).slice(0, k);
}

export interface Bounds {
  readonly floor: number;
  readonly tie_id: number;
  readonly ceiling?: number;
  readonly ceiling_tie_id?: number;
}

/** Ids that survive a cut, ascending. */
export function referenceSurvivors(row: ArrayLike<number>, cut: Bounds): number[] {
  const { floor, tie_id, ceiling = Infinity, ceiling_tie_id = row.length } = cut;
  const ids: number[] = [];
  for (let id = 0; id < row.length; id++) {
    const x = row[id]!;
    const above = x > floor || (x === floor && id <= tie_id);
    const below = x < ceiling || (x === ceiling && id <= ceiling_tie_id);
    if (above && below && x > -Infinity) ids.push(id);
  }
  return ids;
}

export function referenceLogSumExp(
  row: ArrayLike<number>,
  temperature: number,
  ids: readonly number[],
): number {
  let max = -Infinity;
  for (const id of ids) max = Math.max(max, row[id]!);
  let sum = 0;
  for (const id of ids) sum += Math.exp((row[id]! - max) / temperature);
  return ids.length === 0 ? -Infinity : Math.log(sum) + max / temperature;
}

export interface ReferenceTopP {
  /** survivors, best first */
  readonly ids: number[];
  readonly mass: number;
  /** distance of the bound from the nearest cumulated mass; below 1e-6 either answer is right */
  readonly margin: number;
}

export function referenceTopP(
  row: ArrayLike<number>,
  temperature: number,
  p: number,
  inclusive = false,
): ReferenceTopP {
  const order = ranked(row);
  const max = row[order[0]!]!;
  const weights = order.map((id) => Math.exp((row[id]! - max) / temperature));
  let total = 0;
  for (let i = weights.length - 1; i >= 0; i--) total += weights[i]!;
  const bound = inclusive ? p + 1e-7 : p - 1e-7;
  let mass = 0;
  let kept = 0;
  let margin = Infinity;
  for (; kept < order.length; kept++) {
    margin = Math.min(margin, Math.abs(mass / total - bound));
    if (kept > 0 && !(inclusive ? mass / total <= bound : mass / total < bound)) break;
    mass += weights[kept]!;
  }
  return { ids: order.slice(0, kept), mass: mass / total, margin };
}

/**
 * The first survivor in id order at which the running mass exceeds u of the total, and the distance of u from the
 * nearest step.
 */
export function referenceDraw(
  row: ArrayLike<number>,
  temperature: number,
  ids: readonly number[],
  u: number,
): { id: number; margin: number } {
  const lse = referenceLogSumExp(row, temperature, ids);
  let sum = 0;
  let margin = Infinity;
  for (const id of ids) {
    sum += Math.exp(row[id]! / temperature - lse);
    margin = Math.min(margin, Math.abs(sum - u));
    if (sum > u) return { id, margin };
  }
  return { id: ids[ids.length - 1] ?? -1, margin };
}

export interface ReferenceDistribution {
  readonly logsumexp: number;
  readonly entropy: number;
  readonly varentropy: number;
  readonly collision: number;
  readonly mean_logit: number;
}

export function referenceDistribution(
  row: ArrayLike<number>,
  temperature: number,
  ids: readonly number[],
): ReferenceDistribution {
  // All logits relative to the largest, so that a large |x|/T costs no digits.
  const max = ids.reduce((largest, id) => Math.max(largest, row[id]!), -Infinity);
  const depths = ids.map((id) => (row[id]! - max) / temperature);
  const relative = Math.log(depths.reduce((sum, depth) => sum + Math.exp(depth), 0));
  const expect = (f: (depth: number) => number): number =>
    depths.reduce((sum, depth) => sum + (depth > -700 ? Math.exp(depth - relative) * f(depth) : 0), 0);
  const entropy = expect((depth) => relative - depth);
  return {
    logsumexp: relative + max / temperature,
    entropy,
    varentropy: expect((depth) => (relative - depth - entropy) ** 2),
    collision: expect((depth) => Math.exp(depth - relative)),
    mean_logit: max + temperature * expect((depth) => depth),
  };
}

/** Survivors of locally typical sampling by distance, and the distance of the bound from a cumulated mass. */
export function referenceTypical(
  row: ArrayLike<number>,
  temperature: number,
  p: number,
): { ids: number[]; mass: number; margin: number } {
  const ids = [...ranked(row)];
  const { logsumexp, mean_logit } = referenceDistribution(row, temperature, ids);
  const distance = (id: number): number => Math.abs(row[id]! - mean_logit);
  ids.sort((a, b) => distance(a) - distance(b) || row[b]! - row[a]! || a - b);
  let mass = 0;
  let kept = 0;
  let margin = Infinity;
  for (; kept < ids.length; kept++) {
    margin = Math.min(margin, Math.abs(mass - (p - 1e-7)));
    if (kept > 0 && !(mass < p - 1e-7)) break;
    mass += Math.exp(row[ids[kept]!]! / temperature - logsumexp);
  }
  // Different logits at nearly equal distances may come in either order.
  const last = ids[kept - 1]!;
  const rival = ids.some((id) => row[id] !== row[last] && Math.abs(distance(id) - distance(last)) < 1e-5);
  return { ids: ids.slice(0, kept), mass, margin: rival ? 0 : margin };
}
