/**
 * Lines of two columns, or a table with a header: a spreadsheet's copy (tabs), CSV, and `token: logit`, `token =
 * logit`, `token logit`. The columns of a table with a header are found by their names.
 */
import { RowError } from "../row.ts";
import { type Candidate, heldBy, LABEL_NAMES, rowOf, type Unit, VALUE_NAMES } from "./candidate.ts";
import { isNumber, parseNumber, refuseDecimalCommas, shorten } from "./number.ts";
import { plainReading, type Reading } from "./reading.ts";

/** Separators between a token and its number. The last one in a line divides, so a token may contain one. */
const DIVIDERS: readonly { readonly name: string; readonly sign: RegExp }[] = [
  { name: "colon", sign: /^(.*):\s*(\S+)\s*$/ },
  { name: "equals sign", sign: /^(.*)=\s*(\S+)\s*$/ },
  { name: "blank", sign: /^(.*\S)\s+(\S+)\s*$/ },
];

/** A line for each token; undefined when the lines are not of this form. */
export function readLines(text: string): Reading | undefined {
  const lines = linesOf(text);
  for (const { name, sign } of DIVIDERS) {
    const parts = lines.map((line) => sign.exec(line));
    const is_whole = parts.every((part) => part !== null && isNumber(part[2] ?? ""));
    if (!is_whole || !parts.every((part) => isText(part?.[1] ?? "", name))) continue;
    const candidates = parts.map((part): Candidate => {
      return { label: labelIn(part?.[1] ?? ""), value: parseNumber(part?.[2] ?? "", "") };
    });
    return plainReading(rowOf(candidates, "logit"), `${candidates.length} lines of token, ${name}, logit`);
  }
  refuseHalf(lines);
  return undefined;
}

/**
 * A colon after a number makes the number a token. With other separators, a line that begins with a number is a list.
 */
function isText(label: string, divider: string): boolean {
  if (divider === "colon") return true;
  return !/[:=]\s*$/.test(label) && !label.split(/[\s,;[(]+/).some((word) => word !== "" && isNumber(word));
}

/** Throws a message when some lines have a colon and a number and others do not. */
function refuseHalf(lines: readonly string[]): void {
  const colon = /:\s*\S+\s*$/;
  if (/^\s*[[{(<]/.test(lines[0] ?? "") || !lines.some((line) => colon.test(line))) return;
  lines.forEach((line, i) => {
    if (!line.includes(":"))
      throw new RowError(`Line ${i + 1}, “${shorten(line)}”, has no colon before its logit.`);
    parseNumber(line.slice(line.lastIndexOf(":") + 1).trim(), `line ${i + 1}`);
  });
}

const DELIMITERS = [
  ["\t", "tabs"],
  [";", "semicolons"],
  [",", "commas"],
] as const;

/** A table of two columns or with a header; undefined when the text is not a table. */
export function readTable(text: string): Reading | undefined {
  const lines = linesOf(text);
  for (const [delimiter, name] of DELIMITERS) {
    const rows = lines.map((line) => cellsOf(line, delimiter));
    const columns = rows[0]?.length ?? 0;
    if (columns < 2 || rows.some((cells) => cells.length !== columns)) continue;
    const head = headOf(rows[0] ?? []);
    if (head !== undefined) return fromColumns(rows.slice(1), head, name);
    // “8,2” may be one number
    if (delimiter === "," && lines.some((line) => /\d,\d/.test(line))) continue;
    const of_text = columnsOfText(rows);
    if (columns === 2 && of_text.length === 1 && rows.every((cells) => cells.every((cell) => cell !== "")))
      return withoutHead(rows, of_text[0] === 0 ? 1 : 0, name);
    if (of_text.length > 0 && delimiter === "\t")
      throw new RowError(
        `The table has ${columns} columns; name them in a first line, such as “token” and “logit”, so that the right two are read.`,
      );
  }
  return undefined;
}

interface Head {
  readonly label: number | undefined;
  readonly value: number;
  readonly unit: Unit;
}

/** The meaning of each column by the names in the first line; undefined when no column has values. */
function headOf(cells: readonly string[]): Head | undefined {
  const names = cells.map((cell) => cell.trim().toLowerCase().replaceAll(" ", "_"));
  if (names.some(isNumber)) return undefined;
  const label = LABEL_NAMES.map((name) => names.indexOf(name)).find((at) => at >= 0);
  for (const unit of ["logit", "logprob", "probability"] as const) {
    const value = names.findIndex((name) => VALUE_NAMES[unit].includes(name));
    if (value >= 0) return { label, value, unit };
  }
  return undefined;
}

function fromColumns(rows: readonly (readonly string[])[], head: Head, delimiter: string): Reading {
  if (rows.length === 0) throw new RowError("The table has a first line with names, and no rows below it.");
  const candidates = rows.map((cells, i): Candidate => {
    const label = head.label === undefined ? undefined : labelIn(cells[head.label] ?? "");
    return { label, value: parseNumber((cells[head.value] ?? "").trim(), `line ${i + 2}`) };
  });
  const how = `a table with ${delimiter}, ${rows.length} rows; its ${UNIT_NAMES[head.unit]}`;
  return plainReading(rowOf(candidates, head.unit), how + heldBy(candidates, head.unit));
}

const UNIT_NAMES: Readonly<Record<Unit, string>> = {
  logit: "logits",
  logprob: "log-probabilities stand for logits",
  probability: "probabilities stand for logits by their logarithm",
};

function withoutHead(rows: readonly (readonly string[])[], value: number, delimiter: string): Reading {
  const candidates = rows.map((cells, i): Candidate => {
    const number = parseNumber((cells[value] ?? "").trim(), `line ${i + 1}`);
    return { label: labelIn(cells[1 - value] ?? ""), value: number };
  });
  return plainReading(
    rowOf(candidates, "logit"),
    `a table with ${delimiter}, ${rows.length} rows of token and logit`,
  );
}

/** Columns with at least one cell that is not a number. */
function columnsOfText(rows: readonly (readonly string[])[]): number[] {
  return (rows[0] ?? [])
    .map((_, i) => i)
    .filter((i) => rows.some((cells) => !isNumber((cells[i] ?? "").trim())));
}

/** The cells of a line. A cell may be in quotation marks; "" inside it is one quotation mark. */
function cellsOf(line: string, delimiter: string): string[] {
  const cells: string[] = [];
  const pattern = new RegExp(`(?:\\s*"((?:[^"]|"")*)"\\s*|([^${delimiter}]*))(${delimiter}|$)`, "y");
  for (let at = 0; at <= line.length; ) {
    pattern.lastIndex = at;
    const found = pattern.exec(line);
    if (found === null) return [line];
    cells.push(found[1]?.replaceAll('""', '"') ?? found[2] ?? "");
    if (found[3] === "") break;
    at = pattern.lastIndex;
  }
  return cells;
}

/** Numbers with or without commas and blanks between them. Throws when they may be a table or have decimal commas. */
export function readNumbers(text: string): Reading {
  refuseDecimalCommas(text);
  const lines = linesOf(text).map((line) => line.split(/[\s,;]+/).filter((word) => word !== ""));
  const words = lines.flat();
  const values = words.map((word, i) => parseNumber(word, `number ${i + 1}`));
  const columns = lines[0]?.length ?? 0;
  if (lines.length > 1 && columns > 1 && lines.every((line) => line.length === columns))
    throw new RowError(
      `${lines.length} lines of ${columns} numbers have two readings: one row of ${words.length} logits, or ${lines.length} rows. Put brackets around one row: [1.5 0.2 …]; for two columns of token and logit, begin with a line “token, logit”.`,
    );
  return plainReading(
    rowOf(
      values.map((value) => ({ label: undefined, value })),
      "logit",
    ),
    `${values.length} numbers`,
    values,
  );
}

function linesOf(text: string): string[] {
  return text.split(/\r?\n/).filter((line) => line.trim() !== "");
}

/** A token's text; in quotation marks when it begins or ends with space, or contains an escape. */
function labelIn(text: string): string {
  const trimmed = text.trim();
  if (!/^".*"$/.test(trimmed)) return trimmed;
  try {
    return JSON.parse(trimmed) as string; // a quoted text parses to a text
  } catch {
    return trimmed;
  }
}
