/**
 * JSON text as a value: what JSON.parse does, and three things more. A seed keeps all of its 64 bits, where a number
 * would round it; names of a JSON schema keep their order, numbers too; and what is no JSON is told in a sentence.
 */
import { Problem } from "../../errors.ts";
import { keepOrder, movesNames } from "../../ordered-names.ts";

/**
 * An integer under the key "seed" that a number may not hold. In JSON that key cannot stand inside a string, where
 * its quotes would be escaped.
 */
const LONG_SEED = /"seed"(\s*:\s*)(-?[1-9]\d{15,})(?=\s*[,}])/g;

/** Words that Python's json module writes for numbers that JSON does not have. */
const NO_NUMBER = /[[:,]\s*(-?Infinity|NaN)\s*[,}\]]/;

/** Where the order of names says something: it is the order of properties. */
const HOLDS_SCHEMA = /"(?:json_schema|tools)"/;

/** JSON.parse; throws what that throws. A long seed comes as the text of its digits. */
export function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text.replace(LONG_SEED, '"seed"$1"$2"'));
  if (HOLDS_SCHEMA.test(text) && movesNames(text)) keepOrder(text, value);
  return value;
}

/** The text as a value. Throws a Problem when it is no JSON. */
export function jsonValue(text: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    throw notJson(error, text);
  }
}

/** The problem of a text that JSON.parse refused. */
export function notJson(error: unknown, text: string): Problem {
  const word = NO_NUMBER.exec(text)?.[1];
  const why =
    word === undefined
      ? reason(error)
      : `${word} is a number of Python's, not of JSON; logits may be -Infinity, and a bias that bans is "-inf" or null`;
  return new Problem("malformed_json", `the body is not JSON: ${why}`);
}

/** V8's sentence without its position, which counts neither the logits nor bytes, and without a piece of the text. */
function reason(error: unknown): string {
  const sentence = error instanceof Error ? error.message : String(error);
  return sentence.replace(/ (?:in JSON )?at position \d+.*$/s, "").replace(/, ?(?:\.\.\.|").*$/s, "");
}
