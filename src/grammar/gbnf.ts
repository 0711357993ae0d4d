/**
 * GBNF, llama.cpp's grammars: rules of literals, sets of characters, `.`, groups, `|`, and `*`, `+`, `?`, `{n,m}`. The
 * rule `root` is the whole text. `<[1000]>` and `<think>` are special tokens. A token with text is written as its text.
 */
import { Problem, show } from "../errors.ts";
import { allAtOnce } from "../pieces.ts";
import { Effort } from "./effort.ts";
import { UNLIMITED } from "./nodes.ts";
import { ANY, codePoints, complement } from "./regex/code-points.ts";
import { type Part, type RuleParts, ruleGrammarNode } from "./rule-parts.ts";
import { TOKEN } from "./token-parts.ts";

const ROOT = "root";
const DEPTH_MAX = 100;
const RULES_MAX = 10_000;
const REPEAT_MAX = 100_000;

export function* gbnfNode(parts: RuleParts, source: string): Generator<undefined, number> {
  const rules = yield* new Parser(source).parse(parts.nodes.effort);
  return yield* ruleGrammarNode(parts, { rules, root: ROOT, what: "a GBNF grammar", source });
}

/** The rules of a grammar, by name. Throws a Problem when the text is not a valid grammar. */
export function parseGbnf(source: string): ReadonlyMap<string, Part> {
  return allAtOnce(new Parser(source).parse(new Effort()));
}

const NAME = /^[A-Za-z0-9-]+/;
const ESCAPES: Readonly<Record<string, string>> = {
  n: "\n",
  r: "\r",
  t: "\t",
  "\\": "\\",
  '"': '"',
  "[": "[",
  "]": "]",
};
const HEX: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

class Parser {
  readonly #source: string;
  readonly #rules = new Map<string, Part>();
  #at = 0;
  #depth = 0;

  constructor(source: string) {
    this.#source = source;
  }

  *parse(effort: Effort): Generator<undefined, ReadonlyMap<string, Part>> {
    this.#skip(true);
    while (this.#at < this.#source.length) {
      const begin = this.#at;
      const name = this.#name();
      this.#skip(false);
      if (!this.#take("::=")) throw this.#wrong("a rule without ::=");
      if (this.#rules.size >= RULES_MAX)
        throw new Problem("grammar_too_large", `a grammar may have at most ${RULES_MAX} rules, got more`);
      this.#skip(true);
      this.#rules.set(name, this.#alternatives(false));
      if (this.#at < this.#source.length && !/^\r?\n/.test(this.#source.slice(this.#at, this.#at + 2)))
        throw this.#wrong("something behind a rule on its line");
      this.#skip(true);
      effort.units += this.#at - begin;
      if (effort.isDue()) yield;
    }
    return this.#rules;
  }

  #name(): string {
    const name = NAME.exec(this.#source.slice(this.#at, this.#at + 256))?.[0];
    if (name === undefined) throw this.#wrong("no name where one must be");
    this.#at += name.length;
    return name;
  }

  #alternatives(is_nested: boolean): Part {
    if (++this.#depth > DEPTH_MAX)
      throw new Problem(
        "grammar_too_large",
        `groups of a grammar may be at most ${DEPTH_MAX} deep, got more`,
      );
    const branches = [this.#sequence(is_nested)];
    while (this.#take("|")) {
      this.#skip(true);
      branches.push(this.#sequence(is_nested));
    }
    this.#depth--;
    return branches.length === 1 ? branches[0]! : { type: "alt", branches };
  }

  #sequence(is_nested: boolean): Part {
    const items: Part[] = [];
    for (;;) {
      const item = this.#item(is_nested);
      if (item === undefined) break;
      this.#skip(is_nested);
      items.push(this.#repeated(item, is_nested));
    }
    return items.length === 1 ? items[0]! : { type: "seq", items };
  }

  #item(is_nested: boolean): Part | undefined {
    const letter = this.#source[this.#at];
    if (letter === '"') return this.#text();
    if (letter === "[") return this.#set();
    if (letter === ".") {
      this.#at++;
      return { type: "set", set: ANY };
    }
    if (letter === "(") {
      this.#at++;
      this.#skip(true);
      const inner = this.#alternatives(true);
      if (!this.#take(")")) throw this.#wrong("a ( without a )");
      return inner;
    }
    if (letter === "<") return this.#token();
    if (letter === "!")
      throw new Problem(
        "grammar_unsupported",
        `any token but one, !<…>, is not supported, got one at character ${this.#at}`,
      );
    if (letter === undefined || !NAME.test(letter)) return undefined;
    return this.#reference(is_nested);
  }

  #token(): Part {
    const text = TOKEN.exec(this.#source.slice(this.#at, this.#at + 4096))?.[0];
    if (text === undefined) throw this.#wrong("a < without the name of a token and a >");
    this.#at += text.length;
    return { type: "token", text };
  }

  #reference(is_nested: boolean): Part | undefined {
    const at = this.#at;
    const name = this.#name();
    // A name may begin the next rule: the `::=` after it decides.
    if (!is_nested && /^[ \t]*::=/.test(this.#source.slice(this.#at, this.#at + 64))) {
      this.#at = at;
      return undefined;
    }
    return { type: "rule", name, at };
  }

  #repeated(item: Part, is_nested: boolean): Part {
    const bounds = this.#bounds();
    if (bounds === undefined) return item;
    this.#skip(is_nested);
    const [min, max] = bounds;
    return this.#repeated({ type: "repeat", item, min, max }, is_nested);
  }

  #bounds(): readonly [number, number] | undefined {
    if (this.#take("*")) return [0, UNLIMITED];
    if (this.#take("+")) return [1, UNLIMITED];
    if (this.#take("?")) return [0, 1];
    if (this.#source[this.#at] !== "{") return undefined;
    const [all, low = "0", comma, high] =
      /^\{\s*(\d{0,16})\s*(,\s*(\d{1,16})?)?\s*\}/.exec(this.#source.slice(this.#at, this.#at + 64)) ?? [];
    if (all === undefined) throw this.#wrong("a { that is no count");
    this.#at += all.length;
    const min = Number(low);
    const max = comma === undefined ? min : high === undefined ? UNLIMITED : Number(high);
    if (max < min || (low === "" && high === undefined))
      throw this.#wrong("a count whose bounds are out of order");
    if (Math.max(min, max === UNLIMITED ? 0 : max) > REPEAT_MAX)
      throw new Problem("grammar_too_large", `a count may be at most ${REPEAT_MAX}, got ${all}`);
    return [min, max];
  }

  #text(): Part {
    this.#at++;
    let text = "";
    while (!this.#take('"')) text += this.#letter("a text without its end");
    return { type: "text", text };
  }

  #set(): Part {
    this.#at++;
    const is_negated = this.#take("^");
    const pairs: [number, number][] = [];
    while (!this.#take("]")) {
      const from = codeOf(this.#letter("a [ without a ]"));
      const is_range = this.#source[this.#at] === "-" && this.#source[this.#at + 1] !== "]";
      if (is_range) this.#at++;
      const to = is_range ? codeOf(this.#letter("a [ without a ]")) : from;
      if (to < from) throw this.#wrong("a range whose ends are out of order");
      pairs.push([from, to]);
    }
    const set = codePoints(pairs);
    return { type: "set", set: is_negated ? complement(set) : set };
  }

  #letter(missing: string): string {
    const code = this.#source.codePointAt(this.#at);
    if (code === undefined || code === 0x0a) throw this.#wrong(missing);
    const letter = String.fromCodePoint(code);
    this.#at += letter.length;
    if (letter !== "\\") return letter;
    const mark = this.#source[this.#at++] ?? "";
    const digits = HEX[mark];
    if (digits === undefined) {
      const plain = ESCAPES[mark];
      if (plain === undefined) throw this.#wrong(`the mark \\${mark}, which means nothing`);
      return plain;
    }
    const hex = this.#source.slice(this.#at, this.#at + digits);
    const point = Number.parseInt(hex, 16);
    if (
      !/^[0-9A-Fa-f]+$/.test(hex) ||
      hex.length < digits ||
      point > 0x10ffff ||
      (point >= 0xd800 && point <= 0xdfff)
    )
      throw this.#wrong(`\\${mark} without the ${digits} digits of a character`);
    this.#at += digits;
    return String.fromCodePoint(point);
  }

  /** Skips blanks and comments, and line ends where they have no meaning. */
  #skip(lines: boolean): void {
    const blank = lines ? /[ \t\r\n]/ : /[ \t]/;
    for (;;) {
      while (blank.test(this.#source[this.#at] ?? "")) this.#at++;
      if (this.#source[this.#at] !== "#") return;
      while (this.#at < this.#source.length && this.#source[this.#at] !== "\n") this.#at++;
    }
  }

  #take(text: string): boolean {
    if (!this.#source.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  #wrong(what: string): Problem {
    const near = this.#source.slice(Math.max(this.#at - 20, 0), this.#at + 20);
    return new Problem(
      "grammar_invalid",
      `a GBNF grammar cannot hold ${what}: got ${show(near)} at character ${this.#at}`,
    );
  }
}

function codeOf(letter: string): number {
  return letter.codePointAt(0) ?? 0;
}
