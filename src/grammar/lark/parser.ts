/**
 * Reads Lark in llguidance's dialect: rules in lower case, terminals in upper case, "texts", "a".."z", /regular
 * expressions/, groups, [optional parts], `* + ? {n,m} ~n..m`, `&` and `~` in terminals, %json, %ignore, %import of
 * common terminals, special tokens. Aliases, priorities and captures do not change the language and are skipped.
 */
import { Problem, show } from "../../errors.ts";
import { keepOrder } from "../../ordered-names.ts";
import type { Effort } from "../effort.ts";
import { UNLIMITED } from "../nodes.ts";
import { matched } from "../regex/anchors.ts";
import { codePoints } from "../regex/code-points.ts";
import { parseRegex } from "../regex/syntax.ts";
import type { Part } from "../rule-parts.ts";
import { TOKEN } from "../token-parts.ts";
import { COMMON } from "./common.ts";
import { endOfJson } from "./json-text.ts";
import { plainRegex } from "./regex-flags.ts";

export interface LarkGrammar {
  readonly rules: ReadonlyMap<string, Part>;
  /** text that may stand between two lexemes */
  readonly ignored: readonly Part[];
  /** whether that text may also stand before the first lexeme */
  readonly may_begin_ignored: boolean;
}

const DEPTH_MAX = 100;
const RULES_MAX = 10_000;
const REPEAT_MAX = 100_000;
const RULE = /^[!?]{0,2}_?[a-z][a-z0-9_-]*/;
const TERMINAL = /^_?[A-Z][A-Z0-9_-]*/;
const STRING = /^"(?:[^"\\\n]|\\.)*"i?/;
const REGEX = /^\/((?:[^/\\\n]|\\.)+)\/([a-z]*)/;
/** Options of a rule that do not change its texts. */
const SILENT_OPTIONS: ReadonlySet<string> = new Set(["capture"]);

export function isTerminal(name: string): boolean {
  return TERMINAL.test(name);
}

export class LarkParser {
  readonly #source: string;
  readonly #rules = new Map<string, Part>();
  readonly #ignored: Part[] = [];
  #may_begin_ignored = false;
  #at = 0;
  #depth = 0;
  /** true inside a group, where line ends mean nothing */
  #is_grouped = false;

  constructor(source: string) {
    this.#source = source;
  }

  *parse(effort: Effort): Generator<undefined, LarkGrammar> {
    for (this.#skip(true); this.#at < this.#source.length; this.#skip(true)) {
      const begin = this.#at;
      if (this.#rules.size >= RULES_MAX)
        throw new Problem("grammar_too_large", `a grammar may have at most ${RULES_MAX} rules, got more`);
      if (this.#peek("%")) yield* this.#statement(effort);
      else this.#definition();
      this.#skip(false);
      if (this.#at < this.#source.length && !/[\r\n]/.test(this.#source[this.#at]!))
        throw this.#wrong("something behind a rule on its line");
      effort.units += this.#at - begin;
      if (effort.isDue()) yield;
    }
    return { rules: this.#rules, ignored: this.#ignored, may_begin_ignored: this.#may_begin_ignored };
  }

  #definition(): void {
    const written = this.#match(TERMINAL) ?? this.#match(RULE);
    if (written === undefined) throw this.#wrong("no name where one must be");
    const name = plainName(written);
    if (this.#peek("{")) throw this.#unsupported("templates of rules");
    if (this.#take(".")) this.#match(/^[+-]?\d+/);
    const attributes = this.#take("[") ? this.#attributes() : [];
    this.#skip(false);
    if (!this.#take(":")) throw this.#wrong("a rule without a colon");
    let body = this.#alternatives();
    for (const shape of attributes) body = shape(body);
    if (this.#rules.has(name)) throw this.#wrong(`a second definition of ${name}`);
    this.#rules.set(name, body);
  }

  /** The body of a rule, changed by the rule's options. */
  #attributes(): ((body: Part) => Part)[] {
    const shapes: ((body: Part) => Part)[] = [];
    do {
      this.#skip(true);
      const name = this.#match(/^[a-z_]+/) ?? "";
      this.#skip(false);
      const value = this.#take("=") ? this.#attributeValue() : undefined;
      if (name === "lazy") shapes.push((item) => ({ type: "lazy", item }));
      else if (name === "suffix" && value !== undefined)
        shapes.push((body) => ({ type: "lazy", item: { type: "seq", items: [body, value] } }));
      else if (!SILENT_OPTIONS.has(name))
        throw this.#unsupported(`the option ${show(name)} of a rule; lazy, suffix and capture are`);
      this.#skip(true);
    } while (this.#take(","));
    if (!this.#take("]")) throw this.#wrong("options of a rule without a ]");
    return shapes;
  }

  #attributeValue(): Part {
    this.#skip(false);
    const number = this.#match(/^[\d.]+/);
    const part: Part | undefined = number === undefined ? this.#value() : { type: "text", text: number };
    if (part === undefined) throw this.#wrong("an option without its value");
    return part;
  }

  *#statement(effort: Effort): Generator<undefined, void> {
    if (this.#take("%ignore")) this.#ignored.push(this.#alternatives());
    else if (this.#take("%import")) yield* this.#import(effort);
    else if (this.#take("%llguidance")) this.#options(this.#json());
    else throw this.#unsupported(this.#match(/^%[a-z]*/) ?? "%");
  }

  #options(value: unknown): void {
    for (const [name, own] of Object.entries((value ?? {}) as object)) {
      if (name === "allow_initial_skip") this.#may_begin_ignored = own === true;
      else if (name !== "no_forcing") throw this.#unsupported(`the option ${show(name)} of %llguidance`);
    }
  }

  *#import(effort: Effort): Generator<undefined, void> {
    this.#skip(false);
    if (!this.#take("common")) throw this.#unsupported("%import of anything but common");
    const { rules } = yield* new LarkParser(COMMON).parse(effort);
    const bring = (name: string, as: string) => {
      const body = rules.get(name);
      if (body === undefined) throw this.#wrong(`an import of ${name}, which common does not have`);
      this.#rules.set(as, body);
      for (const needed of namesBelow(rules, body)) this.#rules.set(needed, rules.get(needed)!); // of common itself
    };
    this.#skip(false);
    if (this.#take("(")) {
      do {
        this.#skip(true);
        const name = this.#terminalName();
        bring(name, name);
        this.#skip(true);
      } while (this.#take(","));
      if (!this.#take(")")) throw this.#wrong("a list of imports without a )");
      return;
    }
    if (!this.#take(".")) throw this.#wrong("an import without a name");
    const name = this.#terminalName();
    this.#skip(false);
    const is_renamed = this.#take("->");
    this.#skip(false);
    bring(name, is_renamed ? this.#terminalName() : name);
  }

  #terminalName(): string {
    const name = this.#match(TERMINAL);
    if (name === undefined) throw this.#wrong("no terminal where one must be");
    return name;
  }

  #alternatives(): Part {
    if (++this.#depth > DEPTH_MAX)
      throw new Problem(
        "grammar_too_large",
        `groups of a grammar may be at most ${DEPTH_MAX} deep, got more`,
      );
    const branches = [this.#intersection()];
    while (this.#takeOr()) branches.push(this.#intersection());
    this.#depth--;
    return branches.length === 1 ? branches[0]! : { type: "alt", branches };
  }

  /** A bar may also stand at the beginning of a later line. */
  #takeOr(): boolean {
    const before = this.#at;
    this.#skip(true);
    if (this.#take("|")) return true;
    this.#at = before;
    return false;
  }

  #intersection(): Part {
    const parts = [this.#sequence()];
    while (this.#take("&")) parts.push(this.#sequence());
    return parts.length === 1 ? parts[0]! : { type: "and", parts };
  }

  #sequence(): Part {
    const items: Part[] = [];
    for (this.#skip(this.#is_grouped); ; this.#skip(this.#is_grouped)) {
      const item = this.#item();
      if (item === undefined) break;
      items.push(item);
    }
    if (this.#take("->")) {
      this.#skip(false);
      this.#match(RULE);
      this.#skip(this.#is_grouped);
    }
    return items.length === 1 ? items[0]! : { type: "seq", items };
  }

  #item(): Part | undefined {
    if (this.#take("~")) {
      const item = this.#item();
      if (item === undefined) throw this.#wrong("a ~ before nothing");
      return { type: "not", item };
    }
    const atom = this.#atom();
    return atom && this.#repeated(atom);
  }

  #atom(): Part | undefined {
    if (this.#take("(")) return this.#group(")");
    if (this.#take("[")) return { type: "repeat", item: this.#group("]"), min: 0, max: 1 };
    return this.#value();
  }

  #group(end: string): Part {
    const before = this.#is_grouped;
    this.#is_grouped = true;
    const inner = this.#alternatives();
    this.#is_grouped = before;
    if (!this.#take(end)) throw this.#wrong(`a group without a ${end}`);
    return inner;
  }

  #repeated(item: Part): Part {
    const [min, max] = this.#bounds() ?? [1, 1];
    return min === 1 && max === 1 ? item : { type: "repeat", item, min, max };
  }

  #bounds(): readonly [number, number] | undefined {
    if (this.#take("*")) return [0, UNLIMITED];
    if (this.#take("+")) return [1, UNLIMITED];
    if (this.#take("?")) return [0, 1];
    const rest = this.#source.slice(this.#at, this.#at + 64);
    const [tilde, exact, to] = /^~\s*(\d{1,9})(?:\s*\.\.\s*(\d{1,9}))?/.exec(rest) ?? [];
    if (tilde !== undefined) return this.#counts(tilde, exact, to ?? exact);
    const [braces, low, comma, high] = /^\{\s*(\d{0,9})\s*(,\s*(\d{1,9})?)?\s*\}/.exec(rest) ?? [];
    if (braces === undefined) return undefined;
    if (low === "" && high === undefined) throw this.#wrong("a count without bounds");
    return this.#counts(braces, low === "" ? "0" : low, comma === undefined ? low : high);
  }

  #counts(text: string, low: string | undefined, high: string | undefined): readonly [number, number] {
    this.#at += text.length;
    const [min, max] = [Number(low), high === undefined ? UNLIMITED : Number(high)];
    if (max < min) throw this.#wrong("a count whose bounds are out of order");
    if (Math.max(min, max === UNLIMITED ? 0 : max) > REPEAT_MAX)
      throw new Problem("grammar_too_large", `a count may be at most ${REPEAT_MAX}, got ${text}`);
    return [min, max];
  }

  #value(): Part | undefined {
    const at = this.#at;
    const text = this.#match(STRING);
    if (text !== undefined) return this.#text(text);
    const [regex, body = "", flags = ""] = REGEX.exec(this.#source.slice(at)) ?? [];
    if (regex !== undefined) {
      this.#at += regex.length;
      return { type: "regex", regex: matched(parseRegex(plainRegex(body, flags))) };
    }
    if (this.#take("%json")) return { type: "json", schema: this.#json(), at };
    if (this.#peek("%regex") || this.#peek("@"))
      throw this.#unsupported(this.#peek("@") ? "another grammar by @" : "%regex");
    const token = TOKEN.exec(this.#source.slice(at, at + 4096))?.[0];
    if (token !== undefined) {
      this.#at += token.length;
      return { type: "token", text: token };
    }
    const name = this.#match(TERMINAL) ?? this.#match(RULE);
    if (name === undefined) return undefined;
    if (/^\{\s*[^\d,\s]/.test(this.#source.slice(this.#at, this.#at + 16)))
      throw this.#unsupported("templates of rules");
    return { type: "rule", name: plainName(name), at };
  }

  #text(written: string): Part {
    const any_case = written.endsWith("i");
    const text = this.#unquoted(any_case ? written.slice(0, -1) : written);
    if (!any_case && this.#source.startsWith("..", this.#at)) {
      this.#at += 2;
      const end = this.#match(STRING);
      if (end === undefined) throw this.#wrong("a range without its end");
      return this.#range(text, this.#unquoted(end));
    }
    if (!any_case) return { type: "text", text };
    return {
      type: "regex",
      regex: parseRegex(plainRegex(text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&"), "i")),
    };
  }

  #range(from: string, to: string): Part {
    const [low, high] = [from, to].map((text) => ([...text].length === 1 ? text.codePointAt(0) : undefined));
    if (low === undefined || high === undefined || high < low)
      throw this.#wrong("a range whose ends are no letters in order");
    return { type: "set", set: codePoints([[low, high]]) };
  }

  #unquoted(written: string): string {
    try {
      return String(
        JSON.parse(written.replaceAll(/\\x([0-9A-Fa-f]{2})/g, "\\u00$1").replaceAll(/\\'/g, "'")),
      );
    } catch {
      throw this.#wrong(`the text ${show(written)}, which is not written as in JSON`);
    }
  }

  #json(): unknown {
    this.#skip(true);
    const end = endOfJson(this.#source, this.#at);
    const text = this.#source.slice(this.#at, end);
    try {
      const value: unknown = JSON.parse(text);
      keepOrder(text, value);
      this.#at = end;
      return value;
    } catch {
      throw this.#wrong("something that is no JSON behind %json or %llguidance");
    }
  }

  /** Skips blanks and comments, and line ends where they have no meaning. */
  #skip(lines: boolean): void {
    const blank = lines ? /[ \t\r\n]/ : /[ \t]/;
    for (;;) {
      while (blank.test(this.#source[this.#at] ?? "")) this.#at++;
      if (this.#source[this.#at] !== "#" && !this.#peek("//")) return;
      while (this.#at < this.#source.length && this.#source[this.#at] !== "\n") this.#at++;
    }
  }

  #peek(text: string): boolean {
    return this.#source.startsWith(text, this.#at);
  }

  #take(text: string): boolean {
    if (!this.#peek(text)) return false;
    this.#at += text.length;
    return true;
  }

  #match(pattern: RegExp): string | undefined {
    const text = pattern.exec(this.#source.slice(this.#at, this.#at + 65_536))?.[0];
    if (text !== undefined) this.#at += text.length;
    return text;
  }

  #wrong(what: string): Problem {
    const near = this.#source.slice(Math.max(this.#at - 20, 0), this.#at + 20);
    return new Problem(
      "grammar_invalid",
      `a Lark grammar cannot hold ${what}: got ${show(near)} at character ${this.#at}`,
    );
  }

  #unsupported(what: string): Problem {
    return new Problem("grammar_unsupported", `not supported in Lark: ${what}, at character ${this.#at}`);
  }
}

/** `?a` and `!a` define the rule a. */
function plainName(written: string): string {
  return written.replace(/^[!?]+/, "");
}

/** The terminals that a part uses, directly or through other terminals. */
function namesBelow(rules: ReadonlyMap<string, Part>, part: Part): readonly string[] {
  switch (part.type) {
    case "rule": {
      const body = rules.get(part.name);
      return [part.name, ...(body === undefined ? [] : namesBelow(rules, body))];
    }
    case "alt":
      return part.branches.flatMap((each) => namesBelow(rules, each));
    case "seq":
      return part.items.flatMap((each) => namesBelow(rules, each));
    case "repeat":
      return namesBelow(rules, part.item);
    default:
      return [];
  }
}
