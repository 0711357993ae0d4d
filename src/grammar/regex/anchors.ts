/**
 * Anchors, taken out of an expression: `^` and `$` where a branch begins and ends say that nothing stands before and
 * behind it. An expression that is searched for may stand anywhere; one that is matched is the whole text.
 */
import { Problem } from "../../errors.ts";
import { ANYTHING, type Regex } from "./syntax.ts";

const BRANCHES_MAX = 256;

/** The texts in which the expression is found. */
export function searched(regex: Regex): Regex {
  const branches = branchesOf([regex]).map(
    ({ items, starts, ends }): Regex => ({
      type: "seq",
      items: [...(starts ? [] : [ANYTHING]), ...items, ...(ends ? [] : [ANYTHING])],
    }),
  );
  return { type: "alt", branches };
}

/** The texts that are the expression, from their beginning to their end. */
export function matched(regex: Regex): Regex {
  if (!hasAnchors(regex)) return regex;
  return { type: "alt", branches: branchesOf([regex]).map(({ items }): Regex => ({ type: "seq", items })) };
}

interface Branch {
  readonly items: readonly Regex[];
  readonly starts: boolean;
  readonly ends: boolean;
}

/** The branches of a sequence, with groups at its ends multiplied out as far as anchors stand in them. */
function branchesOf(items: readonly Regex[]): Branch[] {
  const open: (readonly Regex[])[] = [items];
  const done: Branch[] = [];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (open.length + done.length > BRANCHES_MAX)
      throw new Problem(
        "grammar_too_large",
        `anchors in groups may make at most ${BRANCHES_MAX} branches, got more`,
      );
    const opened = multipliedOut(next, 0) ?? multipliedOut(next, next.length - 1);
    if (opened === undefined) done.push(trimmed(next));
    else open.push(...opened.reverse());
  }
  return done;
}

/** The sequences that this one is when the group at one of its ends is opened; undefined when there is none to open. */
function multipliedOut(items: readonly Regex[], end: number): (readonly Regex[])[] | undefined {
  const at =
    end === 0
      ? items.findIndex(({ type }) => type !== "start")
      : items.findLastIndex(({ type }) => type !== "end");
  const group = items[at];
  if (group === undefined || (group.type !== "alt" && group.type !== "seq")) return undefined;
  if (!hasAnchors(group)) return undefined;
  const branches = group.type === "alt" ? group.branches : [group];
  return branches.map((branch) => [
    ...items.slice(0, at),
    ...(branch.type === "seq" ? branch.items : [branch]),
    ...items.slice(at + 1),
  ]);
}

function trimmed(items: readonly Regex[]): Branch {
  let from = 0;
  while (items[from]?.type === "start") from++;
  let to = items.length;
  while (to > from && items[to - 1]?.type === "end") to--;
  const inner = items.slice(from, to);
  if (inner.some(hasAnchors))
    throw new Problem(
      "grammar_unsupported",
      "^ and $ may stand where a branch begins and ends, got one inside a regular expression",
    );
  return { items: inner, starts: from > 0, ends: to < items.length };
}

function hasAnchors(regex: Regex): boolean {
  switch (regex.type) {
    case "start":
    case "end":
      return true;
    case "seq":
      return regex.items.some(hasAnchors);
    case "alt":
      return regex.branches.some(hasAnchors);
    case "repeat":
      return hasAnchors(regex.item);
    default:
      return false;
  }
}
