/**
 * Converts typed, pasted or dropped text to a row: numbers, lines or tables of tokens and numbers, Python's printouts,
 * JSON, requests and replies. Ambiguous text is refused with a message, and each reading says which form it recognised.
 */
import { parseLiterals, type Tree } from "./read/literal.ts";
import { LEFT_OUT, refuseDecimalCommas } from "./read/number.ts";
import type { Reading } from "./read/reading.ts";
import { readLines, readNumbers, readTable } from "./read/table.ts";
import { readTree } from "./read/values.ts";
import { RowError } from "./row.ts";

/** Throws a RowError that names the unreadable line or number. `position`: which token of a reply. */
export function readText(text: string, position = 0): Reading {
  const clean = withoutPrompt(text);
  if (clean === "") throw new RowError("Nothing to read yet: write one logit per line, or token: logit.");
  const streamed = streamedIn(clean);
  if (streamed !== undefined) return readTree(streamed.flatMap(parseLiterals), position);
  const body = bodyOfCurl(clean);
  if (body !== undefined) return readTree(oneOf(parseLiterals(body)), position);
  if (LITERAL.test(clean)) return readLiteral(clean, position);
  const reading = readTable(clean) ?? readLines(clean);
  if (reading !== undefined) return reading;
  if (/(?:^|[\s,])(?:\.\.\.|…)(?:[\s,]|$)/.test(clean)) throw new RowError(LEFT_OUT);
  return readNumbers(clean);
}

/** A bracket, or a name with a bracket after it, such as tensor([; but not lines of “[: 3.2”. */
const LITERAL = /^(?:[A-Za-z_][\w.]*\s*)?(?:\[(?!:)|\((?!:)|\{(?!:))|^<tf\.Tensor/;

function readLiteral(text: string, position: number): Reading {
  if (!isJson(text) && /\d,\d/.test(text) && /\d\s*;|\d\s+[+\-−]?[\d.]/.test(text))
    refuseDecimalCommas(text.replace(/^[^[({]*|[[\](){}]/g, " "));
  return readTree(oneOf(parseLiterals(text)), position);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Several values one after another are a list of them. */
function oneOf(values: readonly Tree[]): Tree {
  return values.length === 1 ? (values[0] ?? null) : [...values];
}

/** Removes a console's additions around a value: “>>> logits = ”, “Out[3]: ”, “dtype: float64” below it. */
function withoutPrompt(text: string): string {
  return text
    .replace(/^[\r\n ]+|\s+$/g, "") // a tab at the beginning is an empty cell
    .replace(/\n(?:Name: .*, )?dtype: \w+$/, "")
    .replace(/^(?:>>>\s*|(?:In|Out)\s*\[\d+\]:\s*|Parameter containing:\s*)/, "")
    .replace(/^[A-Za-z_]\w*\s*=\s*(?=[[({]|[A-Za-z_][\w.]*\()/, "");
}

/** The data of a stream of server-sent events. */
function streamedIn(text: string): string[] | undefined {
  if (!/^data:\s*\{/.test(text)) return undefined;
  const lines = text.split(/\r?\n/).map((line) => /^data:\s*(.*)$/.exec(line)?.[1] ?? "");
  return lines.filter((line) => line.startsWith("{"));
}

/** The body of a curl command, in single quotation marks. */
function bodyOfCurl(text: string): string | undefined {
  if (!/^(?:\$\s*)?curl\s/.test(text)) return undefined;
  const body = /(?:-d|--data|--data-raw|--data-binary|--json)[\s=]+'([^']*)'/.exec(text)?.[1];
  if (body === undefined)
    throw new RowError("The curl command has no body in single quotation marks after -d.");
  return body;
}
