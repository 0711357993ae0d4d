/**
 * What every kernel pass means, in plain float64 TypeScript over ordinary arrays: sort everything, sum everything.
 * Slow and short, so that it can be read against the definition.
 */

/** Ids by logit descending, id ascending among equals; −Infinity left out. */
export function ranked(row: ArrayLike<number>): number[] {
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
  /** distance of the bound from the nearest cumulated mass: below 1e-6 either answer is right */
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

/** First survivor in id order at which the running mass exceeds u of the total, and how far u was from a step. */
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
