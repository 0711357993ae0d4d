/**
 * Options in a query string, as `?temperature=0.8&top_k=40&stop_token_ids=1,2`: the same options as in JSON. A value that
 * is JSON (a number, true, an array, an object) is read as that; `1,2` is a list where the option is a list; anything else
 * is text.
 */
import { Problem, pointerTo, shorten, show } from "../errors.ts";

/** JSON's grammar. JSON.parse would do, but costs 30 µs when it throws. */
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const INTEGER = /^-?\d+$/;
const WORDS: Readonly<Record<string, unknown>> = { true: true, false: false, null: null };

/** Longer integers are left as text: seeds have 64 bits, numbers 53. */
const SAFE_LENGTH = 15;

/** `text` is what follows the question mark. `lists` are the names of options that are arrays. */
export function parseQuery(text: string, lists: ReadonlySet<string>): Record<string, unknown> {
  const options: Record<string, unknown> = {};
  if (text === "") return options;
  for (const part of text.split("&")) {
    if (part === "") continue;
    const equals = part.indexOf("=");
    const name = decode(equals < 0 ? part : part.slice(0, equals));
    if (Object.hasOwn(options, name) || name === "__proto__") throw repeated(name);
    if (equals < 0)
      throw new Problem(
        "malformed_query",
        `${shorten(name)} must have a value, as name=…`,
        pointerTo([name]),
      );
    options[name] = valueFrom(decode(part.slice(equals + 1)), lists.has(name));
  }
  return options;
}

function repeated(name: string): Problem {
  return new Problem("malformed_query", `${show(name)} may appear once, got it again`, pointerTo([name]));
}

function decode(text: string): string {
  if (!text.includes("%") && !text.includes("+")) return text;
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    throw new Problem("malformed_query", `the query string must be percent-encoded UTF-8, got ${show(text)}`);
  }
}

function valueFrom(text: string, is_list: boolean): unknown {
  if (is_list && !text.startsWith("["))
    return text === "" ? [] : text.split(",").map((item) => valueFrom(item, false));
  if (NUMBER.test(text)) return INTEGER.test(text) && text.length > SAFE_LENGTH ? text : Number(text);
  if (Object.hasOwn(WORDS, text)) return WORDS[text];
  return text.startsWith("[") || text.startsWith("{") ? parsed(text) : text;
}

/** Text that looks like JSON but is invalid stays text; the option's check then reports what it must be. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
