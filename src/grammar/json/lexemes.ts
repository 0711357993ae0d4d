/**
 * The pieces of JSON texts, as nodes. A schema's rules for a string apply to the string's value; an encoder writes its
 * characters as `JSON.stringify` does.
 */
import { byteRange, bytesAmong } from "../byte-set.ts";
import { type Nodes, UNLIMITED } from "../nodes.ts";
import { ANY, type CodePoints, codePoints, contains, pairsOf, shared } from "../regex/code-points.ts";
import { utf8Node } from "../regex/utf8.ts";

/** White space between two pieces: none, or up to this number of characters. */
export type Whitespace = "compact" | "any";
const WHITESPACE_MAX = 32;

const SHORT: readonly (readonly [number, string])[] = [
  [0x22, '\\"'],
  [0x5c, "\\\\"],
  [0x08, "\\b"],
  [0x09, "\\t"],
  [0x0a, "\\n"],
  [0x0c, "\\f"],
  [0x0d, "\\r"],
];

/** Characters that a JSON string may hold unescaped: all but quotes, backslashes and control characters. */
const RAW = codePoints([
  [0x20, 0x21],
  [0x23, 0x5b],
  [0x5d, 0x10ffff],
]);

/** The characters of plain tokens: unescaped characters without DEL, which tokenizers have as a lone byte. */
const PLAIN = codePoints([
  [0x20, 0x21],
  [0x23, 0x5b],
  [0x5d, 0x7e],
  [0x80, 0x10ffff],
]);

/** One plain character as bytes. A token is plain when it consists of these. */
export function plainCharacter(nodes: Nodes): number {
  return utf8Node(nodes, PLAIN);
}

export class Lexemes {
  readonly nodes: Nodes;
  readonly quote: number;
  readonly digit: number;
  readonly digits: number;
  /** white space between two pieces */
  readonly space: number;
  /** white space between two items or members */
  readonly comma: number;
  readonly end_of_array: number;
  /** one character of a string, in any spelling */
  readonly character: number;
  /** any string, in any spelling */
  readonly string: number;
  /** any string as JSON.stringify writes it */
  readonly plain_string: number;
  readonly number: number;
  /** a whole number without a sign */
  readonly whole: number;
  readonly integer: number;

  constructor(nodes: Nodes, whitespace: Whitespace) {
    this.nodes = nodes;
    this.quote = nodes.text('"');
    this.digit = nodes.range(0x30, 0x39);
    this.digits = nodes.wordRepeat(this.digit, 1, UNLIMITED);
    this.space =
      whitespace === "compact"
        ? nodes.text("")
        : nodes.wordRepeat(nodes.set(bytesAmong([0x20, 0x09, 0x0a, 0x0d])), 0, WHITESPACE_MAX);
    this.comma = nodes.word(this.space, nodes.text(","), this.space);
    this.end_of_array = nodes.seq(this.space, nodes.text("]"));
    this.character = nodes.alt([utf8Node(nodes, RAW), this.#anyEscape()]);
    this.string = this.quoted(nodes.wordRepeat(this.character, 0, UNLIMITED));
    this.plain_string = this.quoted(nodes.wordRepeat(this.encode(ANY), 0, UNLIMITED));
    this.whole = nodes.alt([
      nodes.text("0"),
      nodes.word(nodes.range(0x31, 0x39), nodes.wordRepeat(this.digit, 0, UNLIMITED)),
    ]);
    const minus = nodes.optional(nodes.text("-"));
    this.integer = nodes.word(minus, this.whole);
    this.number = nodes.word(minus, this.whole, this.fraction(), nodes.optional(this.#exponent()));
  }

  quoted(content: number): number {
    return this.nodes.word(this.quote, content, this.quote);
  }

  /** A point and digits, or nothing. */
  fraction(): number {
    return this.nodes.optional(this.nodes.word(this.nodes.text("."), this.digits));
  }

  #exponent(): number {
    const { nodes } = this;
    const sign = nodes.optional(nodes.set(bytesAmong([0x2b, 0x2d])));
    return nodes.word(nodes.set(bytesAmong([0x45, 0x65])), sign, this.digits);
  }

  /** A character of the set, written inside a string as JSON.stringify writes it. */
  readonly encode = (set: CodePoints): number => {
    const { nodes } = this;
    const short = SHORT.filter(([code_point]) => contains(set, code_point)).map(([, text]) =>
      nodes.text(text),
    );
    const control = pairsOf(set)
      .flatMap(([from, to]) => rangeOf(from, Math.min(to, 0x1f)))
      .filter((code_point) => !SHORT.some(([known]) => known === code_point))
      .map((code_point) => this.#unicodeEscape(code_point));
    return nodes.alt([utf8Node(nodes, shared(set, RAW)), ...short, ...control]);
  };

  /** The text of a string, as JSON.stringify writes it. */
  literal(text: string): number {
    return this.nodes.text(JSON.stringify(text));
  }

  #unicodeEscape(code_point: number): number {
    const hex = code_point.toString(16).padStart(4, "0");
    const digits = [...hex].map((digit) =>
      this.nodes.set(
        bytesAmong([digit.toLowerCase(), digit.toUpperCase()].map((letter) => letter.charCodeAt(0))),
      ),
    );
    return this.nodes.word(this.nodes.text("\\u"), ...digits);
  }

  /** Every escape of JSON except a single surrogate, which no UTF-8 text can hold. */
  #anyEscape(): number {
    const { nodes } = this;
    const hex = nodes.set(
      bytesAmong([...Array.from("0123456789abcdefABCDEF", (letter) => letter.charCodeAt(0))]),
    );
    const d = nodes.set(bytesAmong([0x44, 0x64]));
    const not_d = nodes.set(bytesAmong(Array.from("0123456789abcefABCEF", (letter) => letter.charCodeAt(0))));
    const low_digit = nodes.set(byteRange(0x30, 0x37));
    const high_half = nodes.set(bytesAmong(Array.from("89abAB", (letter) => letter.charCodeAt(0))));
    const low_half = nodes.set(bytesAmong(Array.from("cdefCDEF", (letter) => letter.charCodeAt(0))));
    const single = nodes.alt([nodes.word(not_d, hex, hex, hex), nodes.word(d, low_digit, hex, hex)]);
    const pair = nodes.word(d, high_half, hex, hex, nodes.text("\\u"), d, low_half, hex, hex);
    const short = nodes.set(bytesAmong(Array.from('"\\/bfnrt', (letter) => letter.charCodeAt(0))));
    return nodes.word(
      nodes.text("\\"),
      nodes.alt([short, nodes.word(nodes.text("u"), nodes.alt([single, pair]))]),
    );
  }
}

function rangeOf(from: number, to: number): number[] {
  return from > to ? [] : Array.from({ length: to - from + 1 }, (_, i) => from + i);
}
