/**
 * Reads the pasted result of another sampler as `observed` of POST /v1/compare: tokens with probabilities or
 * log-probabilities, tokens alone, a reply with alternatives, or the field itself.
 */
import { RowError } from "../row.ts";
import { isBranch, positionsIn } from "./alternatives.ts";
import type { Candidate, Unit } from "./candidate.ts";
import { parseLiterals, type Tree } from "./literal.ts";
import { isNumber, parseNumber, shorten } from "./number.ts";

export interface ObservedReading {
  readonly observed: Readonly<Record<string, unknown>>;
  /** ends the sentence “Read as …” */
  readonly how: string;
}

/** The tokens read from the text. */
export interface TokensOfRow {
  readonly vocab_size: number;
  /** undefined for a text that belongs to no token */
  readonly idOf: (label: string) => number | undefined;
}

const FIELDS = ["kept", "drawn", "token_ids"];

/** Throws a RowError that names the unreadable part. */
export function readObserved(text: string, row: TokensOfRow): ObservedReading {
  const clean = text.trim();
  return /^[[{]/.test(clean) ? ofTree(oneOf(parseLiterals(clean)), clean, row) : ofLines(clean, row);
}

function oneOf(trees: readonly Tree[]): Tree {
  return trees.length === 1 ? (trees[0] ?? null) : [...trees];
}

function ofTree(tree: Tree, text: string, row: TokensOfRow): ObservedReading {
  if (isBranch(tree)) {
    const inner = tree.entries.get("observed") ?? tree;
    if (isBranch(inner) && FIELDS.some((field) => inner.entries.has(field)))
      return { observed: fieldsOf(text), how: "the field observed" };
    const entries = [...tree.entries];
    if (entries.length > 0 && entries.every(([, value]) => typeof value === "number"))
      return ofNumbers(
        entries.map(([label, value]) => ({ label, value: value as number })), // every one is a number
        undefined,
        row,
      );
  }
  if (Array.isArray(tree) && tree.length > 0) {
    if (tree.length === row.vocab_size && tree.every((p) => typeof p === "number")) return ofRow(tree);
    if (tree.every((token) => typeof token === "string" || Number.isInteger(token)))
      return ofTokens(tree.map(String), row);
  }
  const [position] = positionsIn(tree);
  if (position === undefined)
    throw new RowError("The text holds neither tokens nor the alternatives (top_logprobs) of a reply.");
  return ofNumbers(position.alternatives, position.unit, row);
}

function fieldsOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const parsed = JSON.parse(text) as { readonly observed?: Readonly<Record<string, unknown>> };
    return parsed.observed ?? (parsed as Readonly<Record<string, unknown>>); // a dictionary, by its brackets
  } catch {
    throw new RowError('The field observed has to be JSON, such as {"kept": [3, 17]}.');
  }
}

/** The probability of every token of the row. */
function ofRow(list: readonly number[]): ObservedReading {
  const token_ids = [...list.keys()].filter((id) => list[id] !== 0);
  const probabilities = token_ids.map((id) => list[id]);
  return { observed: { token_ids, probabilities }, how: `the probability of each of ${list.length} tokens` };
}

/**
 * A token and its number; a per cent sign may follow. The last separator between them divides, or otherwise the last
 * blank.
 */
const LINES = [/^(.*\S)\s*[:=,;\t]\s*(\S+?)\s*(%?)$/, /^(.*\S)\s+(\S+?)\s*(%?)$/] as const;

const partsOf = (line: string) => LINES[0].exec(line) ?? LINES[1].exec(line);

function ofLines(text: string, row: TokensOfRow): ObservedReading {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  if (/^#?\d+(?:[\s,;]+#?\d+)*$/.test(text)) return ofTokens(text.split(/[\s,;]+/), row);
  const parts = lines.map(partsOf);
  const is_headed = lines.length > 1 && !isNumber(parts[0]?.[2] ?? "");
  const numbered = is_headed ? parts.slice(1) : parts;
  if (!numbered.every((part) => isNumber(part?.[2] ?? ""))) return ofTokens(lines, row);
  const has_percent = numbered.some((part) => part?.[3] === "%");
  const candidates = numbered.map((part): Candidate => {
    const value = parseNumber(part?.[2] ?? "", "");
    return { label: part?.[1] ?? "", value: has_percent ? ofPercent(part?.[2] ?? "") : value };
  });
  return ofNumbers(candidates, has_percent ? "probability" : undefined, row);
}

/** 12.3 % → 0.123: the digits are kept, because they show the rounding. */
function ofPercent(text: string): number {
  return Number(`${text}e-2`);
}

function ofTokens(labels: readonly string[], row: TokensOfRow): ObservedReading {
  const ids = labels.map((label) => idOf(label, row));
  return ids.length === 1
    ? { observed: { drawn: ids }, how: "one token, which it drew" }
    : { observed: { kept: ids }, how: `${ids.length} tokens, which are all that it kept` };
}

function ofNumbers(
  candidates: readonly Candidate[],
  given: Unit | undefined,
  row: TokensOfRow,
): ObservedReading {
  const unit = given ?? unitOf(candidates);
  if (unit === "logit")
    throw new RowError(
      "These are logits. A sampler gives probabilities in [0, 1], or log-probabilities up to 0.",
    );
  const token_ids = candidates.map(({ label = "" }) => idOf(label, row));
  const values = candidates.map(({ value }) => (value === Number.NEGATIVE_INFINITY ? null : value));
  return unit === "probability"
    ? { observed: { token_ids, probabilities: values }, how: `the probabilities of ${values.length} tokens` }
    : { observed: { token_ids, logprobs: values }, how: `the log-probabilities of ${values.length} tokens` };
}

function unitOf(candidates: readonly Candidate[]): Unit {
  const values = candidates.map(({ value }) => value);
  if (values.every((value) => value >= 0 && value <= 1)) return "probability";
  return values.every((value) => value <= 0) ? "logprob" : "logit";
}

/** Finds a token by its text, with or without a space before it; otherwise by its id. */
function idOf(text: string, row: TokensOfRow): number {
  const label = unquoted(text.trim());
  const id = row.idOf(label) ?? row.idOf(` ${label}`) ?? idIn(label);
  if (id === undefined)
    throw new RowError(
      `“${shorten(label)}” is no token of this row. Write its text as the row has it, or its id.`,
    );
  return id;
}

function idIn(label: string): number | undefined {
  return /^#?\d{1,9}$/.test(label) ? Number(label.replace("#", "")) : undefined;
}

function unquoted(text: string): string {
  if (!/^".*"$/.test(text)) return text;
  try {
    return JSON.parse(text) as string; // a quoted text parses to a text
  } catch {
    return text;
  }
}
