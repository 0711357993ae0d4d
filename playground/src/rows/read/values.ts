/** A tree of values → a row: numbers in a list, an array or a tensor; tokens to numbers; a request; a reply. */
import { type PageRow, RowError } from "../row.ts";
import { isBranch, type Position, positionsIn } from "./alternatives.ts";
import { type Candidate, doubtOf, heldBy, massOf, rowOf } from "./candidate.ts";
import type { Tree } from "./literal.ts";
import { isNumber, parseNumber } from "./number.ts";
import { plainReading, type Reading } from "./reading.ts";
import { readRequest } from "./request.ts";

/** The kinds of value that can be read as a row, in the order in which they are tried. */
const KINDS: readonly ((tree: Tree, position: number) => Reading | undefined)[] = [
  readRequest,
  (tree) => readArray(tree),
  (tree) => readPairs(tree),
  (tree) => readObject(tree),
  readReply,
];

export function readTree(tree: Tree, position: number): Reading {
  for (const read of KINDS) {
    const reading = read(tree, position);
    if (reading !== undefined) return reading;
  }
  throw new RowError(
    "The text holds neither a list of numbers, nor tokens with numbers, nor the alternatives (top_logprobs) of a reply.",
  );
}

/** Names of arrays in the printouts of libraries; scalars are named by their type. */
const ARRAYS = /^(?:tensor|array|parameter|asarray|(?:float|bfloat|double|half|f|bf)\w*)$/i;

/** The argument of a call such as tensor(…); the tree itself when it is not an array. */
function unwrapped(tree: Tree): Tree {
  if (!isBranch(tree) || !ARRAYS.test(tree.name)) return tree;
  const dtype = String(tree.entries.get("dtype") ?? "");
  if (/int|bool|complex/.test(dtype))
    throw new RowError(`The array is of type ${dtype}; logits are floats. Token ids are not read as logits.`);
  const inner = tree.list[0] ?? tree.entries.get("numpy") ?? tree.entries.get("data");
  if (typeof inner === "string" && isNumber(inner)) return parseNumber(inner, tree.name);
  return inner === undefined ? tree : unwrapped(inner);
}

/** A list of numbers. Of nested lists it takes the last, because a model's last row is for the next token. */
function readArray(tree: Tree, where = printed(tree)): Reading | undefined {
  const inner = unwrapped(tree);
  if (typeof inner === "number") return isBranch(tree) ? ofNumbers([inner], where) : undefined;
  if (!Array.isArray(inner) || inner.length === 0) return undefined;
  const items = inner.map(unwrapped);
  if (items.every((item) => typeof item === "number" || item === null)) return ofNumbers(items, where);
  if (!items.every((item) => Array.isArray(item))) return undefined;
  const last = readArray(items.at(-1) ?? [], where);
  if (last === undefined) return undefined;
  const rows = items.map((item) => item.length);
  const uneven = rows.findIndex((length) => length !== rows[0]);
  if (uneven >= 0 && isNumeric(items))
    throw new RowError(`Row ${uneven + 1} has ${rows[uneven]} numbers, row 1 has ${rows[0]}.`);
  const kept = items.length === 1 ? "" : `, the last of ${items.length} rows`;
  return isNumeric(items) || last.how.includes("row") ? { ...last, how: last.how + kept } : undefined;
}

function isNumeric(rows: readonly Tree[][]): boolean {
  return rows.every((row) => row.map(unwrapped).every((item) => typeof item === "number"));
}

function printed(tree: Tree): string {
  return isBranch(tree) ? `in ${tree.name}(…)` : "in a list";
}

function ofNumbers(items: readonly (number | null)[], where: string): Reading {
  const hole = items.indexOf(null);
  if (hole >= 0)
    throw new RowError(
      `Number ${hole + 1} is null, which JSON.stringify writes for NaN and both infinities; write -Infinity.`,
    );
  const values = items as number[]; // there is no null
  const candidates = values.map((value) => ({ label: undefined, value }));
  return plainReading(rowOf(candidates, "logit"), `${values.length} numbers ${where}`, values);
}

/** [["cat", 8.2], ["dog", 1.5]], in either order. */
function readPairs(tree: Tree): Reading | undefined {
  if (!Array.isArray(tree) || tree.length === 0) return undefined;
  const candidates = tree.map((item): Candidate | undefined => {
    if (!Array.isArray(item) || item.length !== 2) return undefined;
    const [a, b] = item.map(unwrapped);
    if (typeof a === "string" && typeof b === "number") return { label: a, value: b };
    return typeof b === "string" && typeof a === "number" ? { label: b, value: a } : undefined;
  });
  return ofTokens(candidates, "pairs of token and logit");
}

/** {"cat": 8.2, "dog": 1.5} */
function readObject(tree: Tree): Reading | undefined {
  if (!isBranch(tree) || tree.name !== "" || tree.entries.size === 0) return undefined;
  const candidates = [...tree.entries].map(([label, child]): Candidate | undefined => {
    const value = unwrapped(child);
    return typeof value === "number" ? { label, value } : undefined;
  });
  return ofTokens(candidates, "tokens with their logits in an object");
}

function ofTokens(candidates: readonly (Candidate | undefined)[], what: string): Reading | undefined {
  const known = candidates.filter((each) => each !== undefined);
  if (known.length < candidates.length) return undefined;
  const values = known.map(({ value }) => value);
  const are_logs = values.every((x) => x <= 0) && massOf(known, "logprob") <= 1.02 && known.length > 1;
  return {
    ...plainReading(rowOf(known, "logit"), `${known.length} ${what}`, values),
    ...(are_logs && { how: `${known.length} ${what}: log-probabilities${heldBy(known, "logprob")}` }),
    doubt: doubtOf(values),
  };
}

/** Number of shown characters of the text before a token. */
const BEFORE_MAX = 60;

function readReply(tree: Tree, position: number): Reading | undefined {
  const positions = positionsIn(tree);
  const at = Math.min(position, positions.length - 1);
  const shown = positions[at];
  if (shown === undefined) return undefined;
  const { alternatives, unit } = shown;
  const where = positions.length > 1 ? ` of token ${at + 1} of ${positions.length}` : "";
  const what = unit === "probability" ? "probabilities" : unit === "logit" ? "logits" : "log-probabilities";
  const row: PageRow = rowOf(alternatives, unit, textBefore(positions.slice(0, at)));
  return {
    ...plainReading(
      row,
      `a reply: the ${what} of ${alternatives.length} alternatives${where}${heldBy(alternatives, unit)}`,
    ),
    positions: positions.length,
    position: at,
  };
}

function textBefore(positions: readonly Position[]): string {
  if (positions.some(({ drawn }) => drawn === undefined)) return "";
  const text = positions.map(({ drawn }) => drawn).join("");
  return text.length > BEFORE_MAX ? `…${text.slice(-BEFORE_MAX)}` : text;
}
