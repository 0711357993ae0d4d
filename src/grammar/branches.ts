/** Lists of branches before they become a node: sorted, limited in number, with branches that share a part merged. */
import { Problem } from "../errors.ts";
import { KIND } from "./kinds.ts";

export function requireFew(list: readonly number[], length_max: number, what: string): void {
  if (list.length <= length_max) return;
  throw new Problem(
    "grammar_too_large",
    `at most ${length_max} ${what} may be open at one place of a grammar, got ${list.length}`,
  );
}

/** In order, each once. */
export function sorted(list: number[]): number[] {
  if (list.length === 2) {
    const [first = 0, second = 0] = list;
    return first === second ? [first] : first < second ? list : [second, first];
  }
  list.sort((one, other) => one - other);
  return list.filter((node, i) => i === 0 || node !== list[i - 1]);
}

/** The branches grouped by a shared part, and the remaining branches; undefined when no two branches share a part. */
export function groupsOf(
  branches: readonly number[],
  kinds: Uint8Array,
  shared_part: Int32Array,
): { readonly single: number[]; readonly several: (readonly [number, number[]])[] } | undefined {
  const groups = new Map<number, number[]>();
  const single: number[] = [];
  let pairs = 0;
  for (const node of branches) {
    const kind = kinds[node]!;
    if (kind !== KIND.seq && kind !== KIND.word) {
      single.push(node);
      continue;
    }
    pairs++;
    const key = shared_part[node]! * 2 + (kind === KIND.seq ? 0 : 1);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [node]);
    else group.push(node);
  }
  if (groups.size === pairs) return undefined;
  const several: (readonly [number, number[]])[] = [];
  for (const [key, group] of groups)
    if (group.length === 1) single.push(group[0]!);
    else several.push([key, group]);
  return { single, several };
}
