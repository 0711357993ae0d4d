/**
 * Text that was typed or pasted → a row. Two forms: numbers, with or without brackets, commas and line breaks; or
 * a line for each token, `token: logit`, which gives the tokens their texts too.
 */
import { type PageRow, RowError, rowOfLogits } from "./row.ts";

const NUMBER = /^[+-]?(?:\d+\.?\d*(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?|inf(?:inity)?|∞)$/i;

/** Throws a RowError that names the line or the number that cannot be read. */
export function parseRowText(text: string): PageRow {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  if (lines.length === 0)
    throw new RowError("Nothing to read yet: write one logit per line, or token: logit.");
  return lines.some(isLabelled) ? parseLabelled(lines) : parseNumbers(text);
}

/** A line like ` sea: 3.2`: the last colon divides, so that a token may be a colon itself. */
function isLabelled(line: string): boolean {
  return /:\s*\S+\s*$/.test(line);
}

function parseLabelled(lines: readonly string[]): PageRow {
  const logits = new Float32Array(lines.length);
  const labels: string[] = [];
  lines.forEach((line, i) => {
    const colon = line.lastIndexOf(":");
    if (colon < 0) throw new RowError(`Line ${i + 1}, “${shorten(line)}”, has no colon before its logit.`);
    labels.push(labelIn(line.slice(0, colon)));
    logits[i] = parseNumber(line.slice(colon + 1).trim(), `line ${i + 1}`);
  });
  return rowOfLogits(logits, labels);
}

/** A token's text; in quotation marks when it begins or ends with space, or holds an escape. */
function labelIn(text: string): string {
  const trimmed = text.trim();
  if (!/^".*"$/.test(trimmed)) return trimmed;
  try {
    return JSON.parse(trimmed) as string; // a quoted text parses to a text
  } catch {
    return trimmed;
  }
}

function parseNumbers(text: string): PageRow {
  const words = text.split(/[\s,;[\]]+/).filter((word) => word !== "");
  if (words.length === 0)
    throw new RowError("Nothing to read yet: write one logit per line, or token: logit.");
  const logits = new Float32Array(words.length);
  for (let i = 0; i < words.length; i++) logits[i] = parseNumber(words[i] ?? "", `number ${i + 1}`);
  return rowOfLogits(logits);
}

function parseNumber(word: string, where: string): number {
  if (/^nan$/i.test(word)) return Number.NaN; // the service says what it thinks of it, with the index
  const plain = word.replace("−", "-");
  if (!NUMBER.test(plain)) throw new RowError(`“${shorten(word)}” (${where}) is not a number.`);
  if (/inf|∞/i.test(plain))
    return plain.startsWith("-") ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return Number(plain);
}

function shorten(text: string): string {
  return text.length > 24 ? `${text.slice(0, 23)}…` : text;
}
