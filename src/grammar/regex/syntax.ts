/**
 * Parses the supported regular expressions to a tree: those of ECMA-262 with the flag `u`, without features that a
 * finite automaton cannot express. Capturing groups only group. Lazy and greedy quantifiers match the same texts.
 */
import { Problem, show } from "../../errors.ts";
import type { Effort } from "../effort.ts";
import {
  ANY,
  BLANKS,
  type CodePoints,
  codePoints,
  complement,
  DIGITS,
  LINE_ENDS,
  together,
  WORD_LETTERS,
} from "./code-points.ts";
import { loadProperties, propertyNamed } from "./properties.ts";

export type Regex =
  | { readonly type: "set"; readonly set: CodePoints }
  | { readonly type: "seq"; readonly items: readonly Regex[] }
  | { readonly type: "alt"; readonly branches: readonly Regex[] }
  | { readonly type: "repeat"; readonly item: Regex; readonly min: number; readonly max: number }
  | { readonly type: "start" }
  | { readonly type: "end" }
  /** a lookahead: what follows begins with the item, or does not */
  | { readonly type: "look"; readonly item: Regex; readonly is_negated: boolean }
  /** what all parts match, and what the item does not match: no text is parsed to these, lookaheads become them */
  | { readonly type: "and"; readonly parts: readonly Regex[] }
  | { readonly type: "not"; readonly item: Regex };

const REGEX_LENGTH_MAX = 16_384;
const DEPTH_MAX = 100;
const REPEAT_MAX = 100_000;
/** Maximum lookaheads in one expression: each is a condition that every later state carries. */
const LOOKS_MAX = 64;

/** Like parseRegex, in pieces, with lookaheads, and after loading the properties that the expression names. */
export function* readRegex(source: string, effort: Effort): Generator<undefined, Regex> {
  requireShort(source);
  yield* loadProperties(source, effort);
  effort.units += source.length;
  return new Parser(source, LOOKS_MAX).parse();
}

/**
 * Parses an expression without lookaheads, which would see what follows a lexeme. Throws a Problem with the pointer ""
 * when the expression is invalid or has a feature that is not supported.
 */
export function parseRegex(source: string): Regex {
  requireShort(source);
  return new Parser(source, 0).parse();
}

function requireShort(source: string): void {
  if (source.length <= REGEX_LENGTH_MAX) return;
  throw new Problem(
    "grammar_too_large",
    `a regular expression may have at most ${REGEX_LENGTH_MAX} characters, got ${source.length}`,
  );
}

const SHORT_ESCAPES: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13, 0: 0 };
const CLASS_ESCAPES: Readonly<Record<string, CodePoints>> = {
  d: DIGITS,
  D: complement(DIGITS),
  w: WORD_LETTERS,
  W: complement(WORD_LETTERS),
  s: BLANKS,
  S: complement(BLANKS),
};
const DOT = complement(LINE_ENDS);
/**
 * Characters that stand for themselves after a backslash: ECMA-262's syntax characters, and the punctuation that people
 * escape.
 */
const PUNCTUATION = /^[\^$\\.*+?()[\]{}|/\-_!"#%&',:;<=>@`~ ]$/;

/** Groups that look around them. */
const AROUND = /^\(\?(<?)[=!]/;

class Parser {
  readonly #source: string;
  readonly #letters: readonly string[];
  readonly #looks_max: number;
  #looks = 0;
  #at = 0;
  #depth = 0;

  constructor(source: string, looks_max: number) {
    this.#source = source;
    this.#looks_max = looks_max;
    this.#letters = [...source];
  }

  parse(): Regex {
    const regex = this.#alternatives();
    if (this.#at < this.#letters.length) throw this.#wrong("a ) without a (");
    return regex;
  }

  #alternatives(): Regex {
    if (++this.#depth > DEPTH_MAX)
      throw new Problem(
        "grammar_too_large",
        `groups of a regular expression may be at most ${DEPTH_MAX} deep, got more in ${show(this.#source)}`,
      );
    const branches = [this.#sequence()];
    while (this.#take("|")) branches.push(this.#sequence());
    this.#depth--;
    return branches.length === 1 ? branches[0]! : { type: "alt", branches };
  }

  #sequence(): Regex {
    const items: Regex[] = [];
    while (this.#at < this.#letters.length && this.#peek() !== "|" && this.#peek() !== ")")
      items.push(this.#quantified());
    return items.length === 1 ? items[0]! : { type: "seq", items };
  }

  #quantified(): Regex {
    const head = this.#rest(3);
    const item = this.#atom();
    const bounds = this.#bounds();
    if (bounds === undefined) return item;
    if (/^[$^]/.test(head)) throw this.#wrong("an anchor that is repeated");
    if (AROUND.test(head)) throw this.#wrong("a lookahead that is repeated");
    this.#take("?");
    const [min, max] = bounds;
    if (this.#bounds() !== undefined) throw this.#wrong("nothing to repeat");
    return { type: "repeat", item, min, max };
  }

  #bounds(): readonly [number, number] | undefined {
    if (this.#take("*")) return [0, Number.POSITIVE_INFINITY];
    if (this.#take("+")) return [1, Number.POSITIVE_INFINITY];
    if (this.#take("?")) return [0, 1];
    if (this.#peek() !== "{") return undefined;
    const rest = this.#rest(40);
    const [all, low = "", comma, high] = /^\{(\d{1,16})(,(\d{1,16})?)?\}/.exec(rest) ?? [];
    if (all === undefined) throw this.#wrong("a { that is no count");
    this.#at += all.length;
    const min = Number(low);
    const max = comma === undefined ? min : high === undefined ? Number.POSITIVE_INFINITY : Number(high);
    if (max < min) throw this.#wrong("a count whose bounds are out of order");
    if (Math.max(min, max === Number.POSITIVE_INFINITY ? 0 : max) > REPEAT_MAX)
      throw new Problem("grammar_too_large", `a count may be at most ${REPEAT_MAX}, got ${all}`);
    return [min, max];
  }

  #atom(): Regex {
    const letter = this.#next();
    switch (letter) {
      case "^":
        return { type: "start" };
      case "$":
        return { type: "end" };
      case ".":
        return { type: "set", set: DOT };
      case "(":
        return this.#group();
      case "[":
        return { type: "set", set: this.#class() };
      case "\\":
        return { type: "set", set: this.#escape() };
      case "*":
      case "+":
      case "?":
      case "{":
        throw this.#wrong("nothing to repeat");
      default:
        return { type: "set", set: one(letter) };
    }
  }

  #group(): Regex {
    const rest = `(${this.#rest(40)}`;
    const [around, behind] = AROUND.exec(rest) ?? [];
    if (around !== undefined) return this.#look(around, behind === "<");
    const head = /^\((?:\?:|\?<[A-Za-z_$][\w$]*>)?/.exec(rest)?.[0] ?? "(";
    if (head === "(" && rest.startsWith("(?")) throw this.#unsupported("flags inside a group");
    return this.#inside(head);
  }

  #inside(head: string): Regex {
    this.#at += head.length - 1;
    const inner = this.#alternatives();
    if (!this.#take(")")) throw this.#wrong("a ( without a )");
    return inner;
  }

  #look(head: string, is_behind: boolean): Regex {
    if (is_behind || this.#looks_max === 0)
      throw this.#unsupported(`look${is_behind ? "behind" : "ahead"} ${head}…)`);
    if (++this.#looks > this.#looks_max)
      throw new Problem(
        "grammar_too_large",
        `a regular expression may have at most ${this.#looks_max} lookaheads, got more in ${show(this.#source)}`,
      );
    return { type: "look", item: this.#inside(head), is_negated: head.endsWith("!") };
  }

  #class(): CodePoints {
    const is_negated = this.#take("^");
    const parts: CodePoints[] = [];
    while (!this.#take("]")) {
      const from = this.#classMember();
      if (this.#peek() !== "-" || this.#letters[this.#at + 1] === "]") {
        parts.push(from);
        continue;
      }
      this.#at++;
      const to = this.#classMember();
      if (from.length !== 2 || to.length !== 2 || from[0] !== from[1] || to[0] !== to[1])
        throw this.#wrong("a range between sets");
      if (to[0]! < from[0]!) throw this.#wrong("a range whose ends are out of order");
      parts.push(codePoints([[from[0]!, to[0]!]]));
    }
    const set = together(...parts);
    return is_negated ? complement(set) : set;
  }

  #classMember(): CodePoints {
    if (this.#at >= this.#letters.length) throw this.#wrong("a [ without a ]");
    const letter = this.#next();
    if (letter !== "\\") return one(letter);
    if (this.#take("b")) return one("\b");
    return this.#escape();
  }

  #escape(): CodePoints {
    if (this.#at >= this.#letters.length) throw this.#wrong("a \\ at the end");
    const letter = this.#next();
    const named = CLASS_ESCAPES[letter];
    if (named !== undefined) return named;
    if (letter === "p" || letter === "P") return this.#property(letter === "P");
    if (letter === "x") return this.#hex(/^[0-9A-Fa-f]{2}/);
    if (letter === "u") return this.#unicode();
    if (letter === "c") return this.#control();
    if (letter === "b" || letter === "B") throw this.#unsupported(`assertion \\${letter}`);
    if (/^[1-9k]$/.test(letter)) throw this.#unsupported(`back reference \\${letter}`);
    const short = SHORT_ESCAPES[letter];
    if (short !== undefined) return codePoints([[short, short]]);
    if (PUNCTUATION.test(letter)) return one(letter);
    throw this.#wrong(`the escape \\${letter}, which means nothing`);
  }

  #property(is_negated: boolean): CodePoints {
    const rest = this.#rest(70);
    const [all, name = ""] = /^\{([A-Za-z_=0-9]{1,64})\}/.exec(rest) ?? [];
    const set = propertyNamed(name);
    if (all === undefined || set === undefined)
      throw this.#wrong(`the property \\p${rest.slice(0, 20)}, which there is not`);
    this.#at += all.length;
    return is_negated ? complement(set) : set;
  }

  #hex(form: RegExp): CodePoints {
    const digits = form.exec(this.#rest(8))?.[0];
    if (digits === undefined) throw this.#wrong("an escape without its hexadecimal digits");
    this.#at += digits.length;
    const code_point = Number.parseInt(digits, 16);
    return codePoints([[code_point, code_point]]);
  }

  /** A pair of surrogates is one character. */
  #unicode(): CodePoints {
    const rest = this.#rest(12);
    const [braced, inner] = /^\{([0-9A-Fa-f]{1,6})\}/.exec(rest) ?? [];
    const [pair, high = "", low = ""] =
      /^([dD][89abAB][0-9A-Fa-f]{2})\\u([dD][c-fC-F][0-9A-Fa-f]{2})/.exec(rest) ?? [];
    if (braced === undefined && pair === undefined) return this.#hex(/^[0-9A-Fa-f]{4}/);
    this.#at += (braced ?? pair ?? "").length;
    const code_point =
      inner === undefined
        ? 0x10000 + ((Number.parseInt(high, 16) - 0xd800) << 10) + (Number.parseInt(low, 16) - 0xdc00)
        : Number.parseInt(inner, 16);
    if (code_point > 0x10ffff) throw this.#wrong("a code point above 10FFFF");
    return codePoints([[code_point, code_point]]);
  }

  #control(): CodePoints {
    const letter = this.#next();
    if (!/^[A-Za-z]$/.test(letter)) throw this.#wrong("a \\c without a letter");
    return one(String.fromCharCode(letter.charCodeAt(0) % 32));
  }

  #peek(): string | undefined {
    return this.#letters[this.#at];
  }

  /** The next letters. */
  #rest(count: number): string {
    return this.#letters.slice(this.#at, this.#at + count).join("");
  }

  #next(): string {
    return this.#letters[this.#at++] ?? "";
  }

  #take(letter: string): boolean {
    if (this.#peek() !== letter) return false;
    this.#at++;
    return true;
  }

  #wrong(what: string): Problem {
    return new Problem(
      "grammar_invalid",
      `a regular expression cannot hold ${what}: got ${show(this.#source)}, at character ${this.#at}`,
    );
  }

  #unsupported(what: string): Problem {
    return new Problem(
      "grammar_unsupported",
      `regular expressions here have no ${what}, got ${show(this.#source)}`,
    );
  }
}

function one(letter: string): CodePoints {
  const code_point = letter.codePointAt(0) ?? 0;
  return codePoints([[code_point, code_point]]);
}

/** Any number of any characters. */
export const ANYTHING: Regex = {
  type: "repeat",
  item: { type: "set", set: ANY },
  min: 0,
  max: Number.POSITIVE_INFINITY,
};
