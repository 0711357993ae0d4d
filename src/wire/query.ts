/**
 * Options in a query string, as `?temperature=0.8&top_k=40&stop_token_ids=1,2`: the same options as in JSON. A value
 * that is JSON (a number, true, an array, an object) is read as that; `1,2` is a list where a list is due; anything else is
 * text.
 */
import { Problem } from "../errors.ts";

/** Integers of more digits are left as text: seeds have 64 bits, numbers 53. */
const SAFE_DIGITS = 15;

/** `text` is what follows the question mark. `lists` are the names of options that are arrays. */
export function parseQuery(text: string, lists: ReadonlySet<string>): Record<string, unknown> {
  const options: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const part of text.split("&")) {
    if (part === "") continue;
    const equals = part.indexOf("=");
    const name = decode(equals < 0 ? part : part.slice(0, equals));
    if (name in options || name === "__proto__")
      throw new Problem(
        "malformed_query",
        `${JSON.stringify(name)} may appear once, got it again`,
        `/${name}`,
      );
    if (equals < 0)
      throw new Problem("malformed_query", `${name} must have a value, as ${name}=…`, `/${name}`);
    options[name] = valueFrom(decode(part.slice(equals + 1)), lists.has(name));
  }
  return { ...options };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    throw new Problem(
      "malformed_query",
      `the query string must be percent-encoded UTF-8, got ${JSON.stringify(text)}`,
    );
  }
}

function valueFrom(text: string, is_list: boolean): unknown {
  if (is_list && !text.startsWith("["))
    return text === "" ? [] : text.split(",").map((item) => valueFrom(item, false));
  if (/^-?\d+$/.test(text) && text.replace("-", "").length > SAFE_DIGITS) return text;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "string" ? text : value;
  } catch {
    return text;
  }
}
