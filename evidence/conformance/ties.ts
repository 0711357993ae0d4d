/** Tokens of a case that may replace each other. */

interface Asked {
  readonly chain: readonly Readonly<Record<string, unknown>>[];
  readonly row: readonly (number | null)[];
  readonly history?: readonly number[] | undefined;
}

/** Stages whose result does not depend on the history. */
const HISTORY_UNREAD = new Set([
  ...["temperature", "dynatemp", "smoothing", "logit_bias", "allowed_token_ids", "token_bitmask"],
  ...["top_k", "top_p", "min_p", "typical_p", "top_a", "tfs", "top_n_sigma", "epsilon_cutoff", "eta_cutoff"],
]);

/**
 * Groups of tokens that no rule distinguishes, of which some are kept and some are removed: any member may be kept in
 * place of another. Two tokens belong to one group when they have the same logit, and neither an option nor a history
 * that a stage reads names one of them.
 */
export function tiesOf({ row, chain, history = [] }: Asked, kept: readonly number[]): number[][] {
  const reads = chain.some((entry) => !HISTORY_UNREAD.has(String(entry["stage"])) && !isOfSingleWords(entry));
  const named = new Set([...chain.flatMap(idsIn), ...(reads ? history : [])]);
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

/** Words of one token are banned whatever the history is. */
function isOfSingleWords({ bad_words_ids: words }: Readonly<Record<string, unknown>>): boolean {
  return Array.isArray(words) && words.every((word: unknown) => Array.isArray(word) && word.length === 1);
}

/** Numbers in lists, and keys that are numbers, name tokens. A mask names all tokens. */
function idsIn(value: unknown): number[] {
  if (Array.isArray(value))
    return value.flatMap((each: unknown) => (typeof each === "number" ? [each] : idsIn(each)));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, each]) => [
    ...(/^\d+$/.test(key) ? [Number(key)] : []),
    ...idsIn(each),
  ]);
}
