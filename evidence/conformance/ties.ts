/** Tokens of a case that may stand for each other. */

interface Asked {
  readonly chain: readonly Readonly<Record<string, unknown>>[];
  readonly row: readonly (number | null)[];
  readonly history?: readonly number[] | undefined;
}

/**
 * Groups of tokens that no rule tells apart, of which some stay and some go: others of a group may stand for those kept.
 * Two are alike when they have the same logit, and neither the history nor an option names one of them.
 */
export function tiesOf({ row, chain, history = [] }: Asked, kept: readonly number[]): number[][] {
  const named = new Set([...chain.flatMap(idsIn), ...history]);
  const groups = new Map<string, number[]>();
  for (const [id, logit] of row.entries()) {
    const key = named.has(id) ? `${id}` : `${logit} alike`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [id]);
    else group.push(id);
  }
  const is_kept = new Set(kept);
  return [...groups.values()].filter((ids) => {
    const stay = ids.filter((id) => is_kept.has(id)).length;
    return stay > 0 && stay < ids.length;
  });
}

/** Numbers in lists, and keys that are numbers: what names tokens. A mask names them all. */
function idsIn(value: unknown): number[] {
  if (Array.isArray(value))
    return value.flatMap((each: unknown) => (typeof each === "number" ? [each] : idsIn(each)));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, each]) => [
    ...(/^\d+$/.test(key) ? [Number(key)] : []),
    ...idsIn(each),
  ]);
}
