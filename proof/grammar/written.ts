/** JSON values whose numbers are kept as they are written: 1.0 is no integer in draft 4, and 53 digits are one in all. */
import { keepOrder, namesInOrder } from "../../src/ordered-names.ts";

/** Marks a number that was read as its text. */
const MARK = "\u0000";
/** Strings and numbers of a JSON text. */
const SCALARS = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** What JSON.parse makes of a text, with the texts of numbers for numbers, and names in their order. */
export function readWritten(text: string): unknown {
  const marked = text.replace(SCALARS, (token) => (token.startsWith('"') ? token : `"\\u0000${token}"`));
  const value: unknown = JSON.parse(marked);
  keepOrder(marked, value);
  return value;
}

/** A value of `readWritten` as its text has it, without white space. */
export function written(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(written).join()}]`;
  if (typeof value === "string" && value.startsWith(MARK)) return value.slice(1);
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const fields = value as Readonly<Record<string, unknown>>;
  return `{${namesInOrder(value)
    .map((name) => `${JSON.stringify(name)}:${written(fields[name])}`)
    .join()}}`;
}
