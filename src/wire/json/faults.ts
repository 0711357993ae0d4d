/** Describes a wrong element of an array of logits: the sentence, the code and the pointer. */
import { Buffer } from "node:buffer";
import { Problem, shorten, show } from "../../errors.ts";
import { type Fault, NUMBER_LENGTH_MAX } from "./numbers.ts";
import { COMMA } from "./numbers-machine.ts";

const SHOWN_LENGTH = 32;

/** `pointer` leads to the array. `capacity` is its maximum number of elements. */
export function faultProblem(fault: Fault, pointer: string, capacity: number): Problem {
  if (fault.kind === "full")
    return new Problem(
      "limit_exceeded",
      `a row may have at most ${capacity} elements (vocab_size_max), got more`,
      pointer,
    );
  const place = `${pointer}/${fault.index}`;
  const text = Buffer.from(fault.text).toString("utf8");
  if (fault.kind === "overflow")
    return new Problem(
      "invalid_logits",
      `logits must fit into float32, got ${text} at index ${fault.index}`,
      place,
    );
  if (fault.expects === COMMA || /^[,\]]/.test(text) || text === "")
    return new Problem("malformed_json", `${misplaced(text, fault.expects)} at index ${fault.index}`, place);
  return notANumber(text, fault.index, place);
}

function misplaced(text: string, expects: number): string {
  const found =
    text === "" ? "the end of the text" : JSON.stringify(String.fromCodePoint(text.codePointAt(0) ?? 0));
  return expects === COMMA ? `expected "," or "]", got ${found}` : `expected a number, got ${found}`;
}

function notANumber(text: string, index: number, place: string): Problem {
  const word = /^(?:NaN|-?Infinity|null|true|false)(?!\w)/.exec(text)?.[0];
  if (word === "NaN")
    return new Problem("nan_logit", `logits must be numbers, got NaN at index ${index}`, place);
  if (word === "Infinity")
    return new Problem(
      "invalid_logits",
      `logits must be finite or -Infinity, got Infinity at index ${index}`,
      place,
    );
  if (word === "null") return nullLogit(index, place);
  const shown = word ?? container(text);
  if (shown !== undefined)
    return new Problem(
      "invalid_logits",
      `logits must be numbers or -Infinity, got ${shown} at index ${index}`,
      place,
    );
  if (/^-?\d[\d.eE+-]{62}/.test(text))
    return new Problem(
      "invalid_logits",
      `a number may have at most ${NUMBER_LENGTH_MAX} characters, got more at index ${index}`,
      place,
    );
  const token = text.split(/[\s,\]}]/, 1)[0] ?? text;
  return new Problem(
    "malformed_json",
    `expected a number, got ${show(shorten(token, SHOWN_LENGTH))} at index ${index}`,
    place,
  );
}

function nullLogit(index: number, place: string): Problem {
  return new Problem(
    "invalid_logits",
    `logits must be numbers or -Infinity, got null at index ${index}, as JavaScript writes NaN and both infinities: write "-Infinity" where a token is masked`,
    place,
  );
}

function container(text: string): string | undefined {
  if (text.startsWith("[")) return "an array";
  if (text.startsWith("{")) return "an object";
  if (!text.startsWith('"')) return undefined;
  const whole = /^"(?:[^"\\]|\\.)*"/.exec(text)?.[0];
  return whole !== undefined && whole.length <= SHOWN_LENGTH ? `the string ${whole}` : "a string";
}
