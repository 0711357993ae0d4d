/**
 * Removes anchors and lookaheads from an expression. `^` at the beginning of a branch and `$` at its end say that no
 * text precedes or follows. A lookahead is a condition on the rest of the text: (?=X)Y is what Y matches and what begins
 * with X. A searched expression may match anywhere in the text; a matched one is the whole text.
 */
import { Problem } from "../../errors.ts";
import { ANY } from "./code-points.ts";
import { ANYTHING, type Regex } from "./syntax.ts";

const BRANCHES_MAX = 256;

type Items = readonly Regex[];

interface Branch {
  /** without anchors */
  readonly items: Items;
  readonly starts: boolean;
  readonly ends: boolean;
}

/** The texts that contain a match of the expression. */
export function searched(regex: Regex): Regex {
  return anyOf(regex, ({ items, starts, ends }) => [
    ...(starts ? [] : [ANYTHING]),
    ...looked(items, ends ? [] : [ANYTHING], starts),
  ]);
}

/** The texts that match the expression as a whole. */
export function matched(regex: Regex): Regex {
  return marksOf(regex) === 0 ? regex : anyOf(regex, ({ items }) => looked(items, [], true));
}

function anyOf(regex: Regex, itemsOf: (branch: Branch) => Items): Regex {
  return { type: "alt", branches: branchesOf([regex]).map((branch) => seq(...itemsOf(branch))) };
}

const seq = (...items: Items): Regex => ({ type: "seq", items });
const and = (...parts: Items): Regex => ({ type: "and", parts });
const not = (item: Regex): Regex => ({ type: "not", item });

const NOTHING = seq();
const SOMETHING = seq({ type: "set", set: ANY }, ANYTHING);

/** The branches of a sequence. Groups are multiplied out while they contain lookaheads or, at the ends, anchors. */
function branchesOf(items: Items): Branch[] {
  const open: Items[] = [items];
  const done: Branch[] = [];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (open.length + done.length > BRANCHES_MAX)
      throw new Problem(
        "grammar_too_large",
        `anchors and lookaheads in groups may make at most ${BRANCHES_MAX} branches, got more`,
      );
    const opened = multipliedOut(next);
    if (opened === undefined) done.push(trimmed(next));
    else open.push(...opened.reverse());
  }
  return done;
}

/** The sequences that result from opening one group; undefined when there is no group to open. */
function multipliedOut(items: Items): Items[] | undefined {
  const [from, to] = middleOf(items);
  const at = items.findIndex(
    (item, i) => marksOf(item) & (i === from || i === to - 1 ? ANCHORS | LOOKS : LOOKS) && choicesOf(item),
  );
  return choicesOf(items[at])?.map((choice) => [
    ...items.slice(0, at),
    ...(choice.type === "seq" ? choice.items : [choice]),
    ...items.slice(at + 1),
  ]);
}

/** What stands in the place of a group; undefined: it is not a group, or a repeated one. */
function choicesOf(group: Regex | undefined): Items | undefined {
  switch (group?.type) {
    case "alt":
      return group.branches;
    case "seq":
      return [group];
    case "repeat":
      if (group.max > 1) return undefined;
      return [...(group.min === 0 ? [NOTHING] : []), ...(group.max === 0 ? [] : [group.item])];
    default:
      return undefined;
  }
}

/** Where the items between the anchors and lookaheads of both ends begin and end. */
function middleOf(items: Items): readonly [from: number, to: number] {
  const isMark = (at: number, type: string) => items[at]?.type === type || items[at]?.type === "look";
  let from = 0;
  while (isMark(from, "start")) from++;
  let to = items.length;
  while (isMark(to - 1, "end")) to--;
  return [from, to];
}

function trimmed(items: Items): Branch {
  const [from, to] = middleOf(items);
  const inner = items.filter(({ type }, i) => (i < from ? type !== "start" : i < to || type !== "end"));
  const hasAnchors = (part: Items) => part.some((item) => marksOf(item) & ANCHORS);
  if (hasAnchors(inner)) throw misplaced();
  return { items: inner, starts: hasAnchors(items.slice(0, from)), ends: hasAnchors(items.slice(to)) };
}

function misplaced(): Problem {
  return new Problem(
    "grammar_unsupported",
    "^ and $ may stand where a branch begins and ends, got one inside a regular expression",
  );
}

/**
 * A sequence with `tail`, which leads to the end of the text. Each lookahead and what follows it become a conjunction.
 * `is_first`: the text begins here.
 */
function looked(items: Items, tail: Items, is_first: boolean): Items {
  const at = items.findIndex((item) => marksOf(item) & LOOKS);
  const item = items[at];
  if (item === undefined) return [...items, ...tail];
  const before = items.slice(0, at);
  const after = items.slice(at + 1);
  const here = is_first && at === 0;
  if (item.type !== "look") {
    // Groups that are not repeated were opened.
    if (item.type !== "repeat" || after.length + tail.length > 0) throw repeated();
    return [...before, eachLooked(item)];
  }
  const begun = anyOf(item.item, (branch) => {
    if (branch.starts && !here) throw misplaced();
    return looked(branch.items, branch.ends ? [] : [ANYTHING], here);
  });
  return [...before, and(seq(...looked(after, tail, here)), item.is_negated ? not(begun) : begun)];
}

/**
 * A repetition of lookaheads and one character, at the end of the text: every place of the text except its end begins a
 * rest that the lookaheads admit.
 */
function eachLooked({ item, ...repeat }: Extract<Regex, { readonly type: "repeat" }>): Regex {
  const parts = item.type === "seq" ? item.items : [];
  const looks = parts.slice(0, -1);
  const set = parts.at(-1);
  if (set?.type !== "set" || looks.some(({ type }) => type !== "look")) throw repeated();
  const refused = and(SOMETHING, not(seq(...looked(looks, [ANYTHING], false))));
  return and({ ...repeat, item: set }, not(seq(ANYTHING, refused)));
}

function repeated(): Problem {
  return new Problem(
    "grammar_unsupported",
    "in a repeated group, lookaheads may stand before its one character, where nothing follows",
  );
}

const ANCHORS = 1;
const LOOKS = 2;
const MARKS: Readonly<Record<string, number>> = { start: ANCHORS, end: ANCHORS, look: LOOKS };
/** What each expression contains; a lookahead is one, whatever it contains. */
const known = new WeakMap<Regex, number>();

function marksOf(regex: Regex): number {
  let marks = known.get(regex);
  if (marks === undefined) {
    marks = MARKS[regex.type] ?? 0;
    const parts = regex.type === "seq" ? regex.items : regex.type === "alt" ? regex.branches : [];
    for (const part of regex.type === "repeat" ? [regex.item] : parts) marks |= marksOf(part);
    known.set(regex, marks);
  }
  return marks;
}
