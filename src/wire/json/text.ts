/**
 * Parses JSON text like JSON.parse, with three differences. A seed keeps all of its 64 bits, where a number would
 * round it. Names of a JSON schema keep their order, numeric names too. Invalid JSON is reported in one sentence.
 */
import { messageOf, Problem } from "../../errors.ts";
import { keepOrder, movesNames } from "../../ordered-names.ts";

/**
 * An integer under the key "seed" that a number may not hold exactly. In JSON this text cannot occur inside a
 * string, where its quotes would be escaped.
 */
const LONG_SEED = /"seed"(\s*:\s*)(-?[1-9]\d{15,})(?=\s*[,}])/g;

/** Words that Python's json module writes for numbers that JSON lacks. */
const NO_NUMBER = /[[:,]\s*(-?Infinity|NaN)\s*[,}\]]/;

/** Fields in which the order of names matters: the order of properties. */
const HOLDS_SCHEMA = /"(?:json_schema|tools)"/;

/** JSON.parse, with its exceptions. A long seed becomes the text of its digits. */
export function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text.replace(LONG_SEED, '"seed"$1"$2"'));
  if (HOLDS_SCHEMA.test(text) && movesNames(text)) keepOrder(text, value);
  return value;
}

/** The text as a value. Throws a Problem when it is invalid JSON. */
export function jsonValue(text: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    throw notJson(error, text);
  }
}

/** The Problem of a text that JSON.parse refused. */
export function notJson(error: unknown, text: string): Problem {
  const word = NO_NUMBER.exec(text)?.[1];
  const why =
    word === undefined
      ? reason(error)
      : `${word} is a number of Python's, not of JSON; logits may be -Infinity, and a bias that bans is "-inf" or null`;
  return new Problem("malformed_json", `the body is not JSON: ${why}`);
}

/** V8's sentence without its position, which does not count the logits, and without its excerpt of the text. */
function reason(error: unknown): string {
  const sentence = messageOf(error);
  return sentence.replace(/ (?:in JSON )?at position \d+.*$/s, "").replace(/, ?(?:\.\.\.|").*$/s, "");
}
