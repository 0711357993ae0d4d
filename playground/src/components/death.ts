/** The reason why a token was removed, in the unit of the table: its per cent beside the limit's. */
import type { Fate, TraceEntry } from "../api/wire.ts";
import { percent } from "./format.ts";

export interface Death {
  /** the stage, or "the row" */
  readonly by: string;
  /** short enough for a cell: 1.20 % < 1.87 % */
  readonly short: string;
  /** a sentence */
  readonly full: string;
}

/**
 * A limit on scores is shown as the probability of a token at the limit, relative to the likeliest token's `best`
 * before the stage. Ranks and masses are shown in the service's own words, which have the table's units.
 */
export function deathIn(fate: Fate, entry: TraceEntry | undefined, best: number): Death {
  const by = fate.removed_by ?? "";
  const own = fate.reason ?? `removed by ${by}`;
  const limit = entry?.knife_edge?.limit_probability;
  if (limit === undefined) return { by, short: own, full: `Removed by ${by}: ${own}.` };
  const [p, l] = apart(fate.probability, limit);
  const share = `${percent(limit / best)} of the likeliest's ${percent(best)}`;
  if (fate.probability < limit)
    return {
      by,
      short: `${p} < ${l}`,
      full: `Removed by ${by}: its ${p} is less than ${l}, ${share} (${own}).`,
    };
  return { by, short: `${p} ≥ ${l}`, full: `Removed by ${by}: its ${p} reaches ${l} (${own}).` };
}

/** Two probabilities with as many digits as are needed to distinguish them. */
function apart(a: number, b: number): readonly [string, string] {
  if (percent(a) !== percent(b)) return [percent(a), percent(b)];
  const digits = [3, 4, 5, 6, 7, 8].find((n) => (100 * a).toPrecision(n) !== (100 * b).toPrecision(n)) ?? 8;
  return [`${Number((100 * a).toPrecision(digits))} %`, `${Number((100 * b).toPrecision(digits))} %`];
}
