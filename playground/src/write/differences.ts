/** The differences of two texts: the tokens of each that are not in their longest common subsequence. */

export interface Differences {
  /** of the first text, token by token */
  readonly first: readonly boolean[];
  readonly second: readonly boolean[];
  /** number of tokens at the beginning that both share */
  readonly same_beginning: number;
  readonly shared: number;
}

/** By the table of longest common subsequences: lengths[i][j] is the length for the tokens after i and j. */
export function differencesOf(a: readonly number[], b: readonly number[]): Differences {
  const lengths = commonLengths(a, b);
  const at = (i: number, j: number) => lengths[i]?.[j] ?? 0;
  const first = a.map(() => true);
  const second = b.map(() => true);
  let [i, j] = [0, 0];
  while (i < a.length && j < b.length) {
    if (a[i] === b[j]) {
      first[i++] = false;
      second[j++] = false;
    } else if (at(i + 1, j) >= at(i, j + 1)) i++;
    else j++;
  }
  const parting = a.findIndex((token_id, k) => token_id !== b[k]);
  return { first, second, same_beginning: parting < 0 ? a.length : parting, shared: at(0, 0) };
}

function commonLengths(a: readonly number[], b: readonly number[]): readonly (readonly number[])[] {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, () => 0)];
  for (const token_id of a.toReversed()) {
    const below = rows[0] ?? [];
    const row = Array.from({ length: b.length + 1 }, () => 0);
    for (let j = b.length - 1; j >= 0; j--)
      row[j] = token_id === b[j] ? 1 + (below[j + 1] ?? 0) : Math.max(below[j] ?? 0, row[j + 1] ?? 0);
    rows.unshift(row);
  }
  return rows;
}
