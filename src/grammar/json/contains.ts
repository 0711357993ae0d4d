/**
 * Arrays with `contains`: the number of items that match it must be within bounds. A state is the number of items so
 * far and the number of matches among them. Without maxContains, a matching item need not be distinguished from
 * another, because a match may be left uncounted.
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

/** Limit of states: items, times counted matches. */
const CELLS_MAX = 1024;

/** The node after the opening bracket. */
export function* containing(
  { lexemes, nodeOf }: ArrayParts,
  items: Items,
  { is, not, owner, ...counted }: Contained,
): Generator<undefined, number> {
  const { nodes, comma, end_of_array } = lexemes;
  if (counted.max < counted.min || items.max < counted.min) return NEVER;
  const top = counted.max === UNLIMITED ? counted.min : counted.max;
  /** from this number of items on, every item has the rules of the last */
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
  /** One more item, after some items and some counted matches; `next` gives the node after it for each new count. */
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
