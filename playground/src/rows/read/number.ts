/** Reads one number as people and programs write it, and lists of numbers. Ambiguous text is refused. */
import { RowError } from "../row.ts";

const NUMBER = /^[+-]?(?:\d+\.?\d*(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?|inf(?:inity)?|∞)$/i;

export const LEFT_OUT =
  "The printout leaves numbers out at “…”. Print all of them (torch.set_printoptions(threshold=10**9), numpy.set_printoptions(threshold=10**9)), or save them with numpy.save and drop the file here.";

export function isNumber(word: string): boolean {
  return /^nan$/i.test(word) || NUMBER.test(word.replace("−", "-"));
}

/** `where` is the place in the error: “x” (line 2) is not a number. */
export function parseNumber(word: string, where: string): number {
  if (/^nan$/i.test(word)) return Number.NaN; // the service says what it thinks of it, with the index
  const plain = word.replace("−", "-");
  if (!NUMBER.test(plain))
    throw new RowError(`“${shorten(word)}” (${where}) is not a number.${pointFor(word)}`);
  if (/inf|∞/i.test(plain))
    return plain.startsWith("-") ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return Number(plain);
}

function pointFor(word: string): string {
  return /^[+\-−]?\d+,\d+$/.test(word)
    ? ` Write the decimal point as a point: ${word.replace(",", ".")}.`
    : "";
}

/**
 * Throws when commas without a blank may be decimal commas or thousands: “8,2; 1,5”, “8,2 1,5”, “8,2, 1,5”, or “8,2” alone.
 * “1,2,3” and “1, 2” have one reading.
 */
export function refuseDecimalCommas(text: string): void {
  const groups = text.split(/[\s;]+|,(?=\s|$)/).filter((group) => group !== "");
  const glued = groups.find((group) => /\d,\d/.test(group));
  if (glued === undefined) return;
  if (groups.length === 1 && !DECIMAL.test(glued) && !THOUSANDS.test(glued)) return;
  const [first = "", second = ""] = glued.split(",");
  throw new RowError(
    `“${shorten(glued)}” has two readings: one number, or ${first} and ${second}${glued.split(",").length > 2 ? " and more" : ""}. Write decimals with a point, and a blank after each comma that parts numbers.`,
  );
}

const DECIMAL = /^[+\-−]?[\d.]+,\d+$/;
const THOUSANDS = /^[+\-−]?\d{1,3}(?:,\d{3})+(?:\.\d+)?$/;

export function shorten(text: string): string {
  const line = text.trim().split("\n", 1)[0] ?? "";
  return line.length > 24 ? `${line.slice(0, 23)}…` : line;
}
