/**
 * Arrays of whose items so many are what `contains` says. How many have come, and how many of those were such items, is
 * what is behind them; without maxContains none has to be told from the others, since any may be counted or not.
 */
import { Problem } from "../../errors.ts";
import { NEVER, UNLIMITED } from "../nodes.ts";
import type { ArrayParts, Items } from "./array-parts.ts";
import type { Place } from "./document.ts";

export interface Contained {
  readonly min: number;
  readonly max: number;
  readonly is: Place;
  readonly not: Place;
  /** where the keyword stands */
  readonly owner: Place;
}

/** Items, times how many of them are counted. */
const CELLS_MAX = 1024;

/** What stands behind the opening bracket. */
export function* containing(
  { lexemes, nodeOf }: ArrayParts,
  items: Items,
  { is, not, owner, ...counted }: Contained,
): Generator<undefined, number> {
  const { nodes, comma, end_of_array } = lexemes;
  if (counted.max < counted.min || items.max < counted.min) return NEVER;
  const top = counted.max === UNLIMITED ? counted.min : counted.max;
  /** from so many items on each is as the last */
  const last = items.max === UNLIMITED ? Math.max(items.prefix, items.min) : items.max;
  if ((last + 1) * (top + 1) > CELLS_MAX)
    throw new Problem(
      "grammar_too_large",
      `contains may tell at most ${CELLS_MAX} counts of items apart, got ${(last + 1) * (top + 1)}`,
      `${owner.pointer}/contains`,
    );
  const such = (index: number) => nodeOf([...items.at(index), is]);
  const other = (index: number) =>
    nodeOf(counted.max === UNLIMITED ? items.at(index) : [...items.at(index), not]);
  /** One more item behind so many of which so many were counted; `next` is what is behind it, by what is counted then. */
  const item = (index: number, count: number, next: readonly number[]) =>
    nodes.alt([
      nodes.seq(other(index), next[count]!),
      count < top ? nodes.seq(such(index), next[count + 1]!) : NEVER,
    ]);
  const end = (count: number) => (count >= counted.min ? end_of_array : NEVER);
  let behind: number[] = [];
  for (let count = top; count >= 0; count--) {
    const more = count < top ? nodes.seq(comma, such(last), behind[count + 1]!) : NEVER;
    behind[count] =
      items.max === UNLIMITED
        ? nodes.seq(nodes.repeat(nodes.seq(comma, other(last)), 0, UNLIMITED), nodes.alt([end(count), more]))
        : end(count);
  }
  for (let index = last - 1; index >= 1; index--) {
    const next = behind;
    behind = next.map((_, count) =>
      nodes.alt([
        index >= items.min ? end(count) : NEVER,
        index < items.max ? nodes.seq(comma, item(index, count, next)) : NEVER,
      ]),
    );
    if (nodes.effort.isDue()) yield;
  }
  const is_empty = items.min === 0 && counted.min === 0;
  const first = items.max > 0 ? item(0, 0, behind) : NEVER;
  return nodes.alt([is_empty ? nodes.text("]") : NEVER, first]);
}
