/**
 * JSON values whose numbers keep their notation: 1.0 is not an integer in draft 4, and a number of 53 digits is one in
 * every draft.
 */
import { keepOrder, namesInOrder } from "../../src/ordered-names.ts";

/** Marks a number that is stored as its text. */
const MARK = "\u0000";
/** Strings and numbers of a JSON text. */
const SCALARS = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** The result of JSON.parse, but with the texts of numbers, and names in their order. */
export function readWritten(text: string): unknown {
  const marked = text.replace(SCALARS, (token) => (token.startsWith('"') ? token : `"\\u0000${token}"`));
  const value: unknown = JSON.parse(marked);
  keepOrder(marked, value);
  return value;
}

/** A value of `readWritten` in its original notation, without white space. */
export function written(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(written).join()}]`;
  if (typeof value === "string" && value.startsWith(MARK)) return value.slice(1);
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const fields = value as Readonly<Record<string, unknown>>;
  return `{${namesInOrder(value)
    .map((name) => `${JSON.stringify(name)}:${written(fields[name])}`)
    .join()}}`;
}
