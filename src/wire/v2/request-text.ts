/**
 * Parses the JSON of an inference request. It also accepts the words `-Infinity`, `Infinity` and `NaN`, which Python's
 * writers use. −∞ masks a token. The other two become text, which no tensor of numbers accepts.
 */
import { TextBuffer } from "../growing-buffer.ts";
import { jsonValue, notJson, parseJson } from "../json/text.ts";

/** The text of a request as it arrives. `limit` is the name of the setting for the bound, if there is one. */
export function requestText(bytes_max: number, limit?: string): TextBuffer {
  const most = `${bytes_max} bytes${limit === undefined ? "" : ` (${limit})`}`;
  return new TextBuffer(
    bytes_max,
    `the JSON of a request may have at most ${most}, got more: send tensors as binary data`,
  );
}

/** The parsed request. Throws a Problem when the text is not JSON. */
export function requestValue(text: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    const plain = withoutWords(text);
    if (plain === text) throw notJson(error, text);
    return jsonValue(plain);
  }
}

/** Replaces the words outside strings by numbers or strings, in one pass. */
function withoutWords(text: string): string {
  const parts: string[] = [];
  const mark = /["IN]/g;
  let kept = 0;
  for (let match = mark.exec(text); match !== null; match = mark.exec(text)) {
    if (match[0] === '"') mark.lastIndex = endOfString(text, mark.lastIndex);
    else {
      const word = match[0] === "I" ? "Infinity" : "NaN";
      if (!text.startsWith(word, match.index)) return text;
      const is_negative = word === "Infinity" && text[match.index - 1] === "-";
      parts.push(text.slice(kept, is_negative ? match.index - 1 : match.index));
      parts.push(is_negative ? NEGATIVE_INFINITY : `"${word}"`);
      kept = match.index + word.length;
      mark.lastIndex = kept;
    }
  }
  return parts.join("") + text.slice(kept);
}

/** JSON.parse reads this number as −∞. */
const NEGATIVE_INFINITY = "-1e999";

/** The index after the closing quote, or the end of the text. */
function endOfString(text: string, begin: number): number {
  for (let quote = text.indexOf('"', begin); quote >= 0; quote = text.indexOf('"', quote + 1)) {
    let backslashes = 0;
    while (text[quote - 1 - backslashes] === "\\") backslashes += 1;
    if (backslashes % 2 === 0) return quote + 1;
  }
  return text.length;
}
