/**
 * Removes anchors from an expression. `^` at the beginning of a branch and `$` at its end say that no text precedes or
 * follows. A searched expression may match anywhere in the text; a matched one is the whole text.
 */
import { Problem } from "../../errors.ts";
import { ANYTHING, type Regex } from "./syntax.ts";

const BRANCHES_MAX = 256;

/** The texts that contain a match of the expression. */
export function searched(regex: Regex): Regex {
  const branches = branchesOf([regex]).map(
    ({ items, starts, ends }): Regex => ({
      type: "seq",
      items: [...(starts ? [] : [ANYTHING]), ...items, ...(ends ? [] : [ANYTHING])],
    }),
  );
  return { type: "alt", branches };
}

/** The texts that match the expression as a whole. */
export function matched(regex: Regex): Regex {
  if (!hasAnchors(regex)) return regex;
  return { type: "alt", branches: branchesOf([regex]).map(({ items }): Regex => ({ type: "seq", items })) };
}

interface Branch {
  readonly items: readonly Regex[];
  readonly starts: boolean;
  readonly ends: boolean;
}

/** The branches of a sequence. Groups at its ends are multiplied out while they contain anchors. */
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

/** The sequences that result from opening the group at one end; undefined when there is no group to open. */
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
