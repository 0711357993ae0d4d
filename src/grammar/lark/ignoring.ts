/**
 * %ignore: text that may stand between two lexemes. Every rule has two forms. Inside the text, ignored text may precede
 * each of its lexemes. At the beginning of the text it may not precede the first lexeme.
 */

import { UNLIMITED } from "../nodes.ts";
import { ANY } from "../regex/code-points.ts";
import type { Regex } from "../regex/syntax.ts";
import type { Part } from "../rule-parts.ts";
import { isTerminal, type LarkGrammar } from "./parser.ts";

const EMPTY: Part = { type: "seq", items: [] };
const NEVER: Part = { type: "alt", branches: [] };
const SOME: Part = { type: "repeat", item: { type: "set", set: ANY }, min: 1, max: UNLIMITED };
/** A name that no rule of a grammar can have. */
const FIRST = "^";

/** The rules with the ignored text written out; `root` is the rule of the text. */
export function withIgnored(
  grammar: LarkGrammar,
  start: string,
): { readonly rules: ReadonlyMap<string, Part>; readonly root: string } {
  if (grammar.ignored.length === 0) return { rules: grammar.rules, root: start };
  return new Ignoring(grammar).rules(start);
}

class Ignoring {
  readonly #grammar: LarkGrammar;
  readonly #skipped: Part;
  readonly #empty: ReadonlySet<string>;

  constructor(grammar: LarkGrammar) {
    this.#grammar = grammar;
    this.#skipped = {
      type: "repeat",
      item: { type: "alt", branches: grammar.ignored },
      min: 0,
      max: UNLIMITED,
    };
    this.#empty = this.#findEmpty();
  }

  rules(start: string): { readonly rules: ReadonlyMap<string, Part>; readonly root: string } {
    const made = new Map<string, Part>();
    for (const [name, body] of this.#grammar.rules) {
      if (isTerminal(name)) made.set(name, body);
      else {
        made.set(name, this.#later(body));
        made.set(FIRST + name, this.#first(body));
      }
    }
    const named = (name: string): Part => ({ type: "rule", name, at: 0 });
    const text = this.#grammar.may_begin_ignored ? named(start) : named(FIRST + start);
    const root = `${FIRST}text`;
    made.set(root, { type: "alt", branches: [text, ...(this.#empty.has(start) ? [EMPTY] : [])] });
    return { rules: made, root };
  }

  /** The rules and terminals that may be empty. The passes repeat until one adds none. */
  #findEmpty(): ReadonlySet<string> {
    const found = new Set<string>();
    for (let before = -1; before < found.size; ) {
      before = found.size;
      for (const [name, body] of this.#grammar.rules) if (mayBeEmpty(body, found)) found.add(name);
    }
    return found;
  }

  #isEmpty(part: Part): boolean {
    return mayBeEmpty(part, this.#empty);
  }

  /** Inside a text. */
  #later(part: Part): Part {
    switch (part.type) {
      case "seq":
        return { type: "seq", items: part.items.map((item) => this.#later(item)) };
      case "alt":
        return { type: "alt", branches: part.branches.map((branch) => this.#later(branch)) };
      case "repeat":
        return { ...part, item: this.#later(part.item) };
      case "rule":
        if (!isTerminal(part.name)) return part;
    }
    const lexeme: Part = { type: "seq", items: [this.#skipped, this.#filled(part)] };
    return this.#isEmpty(part) ? { type: "alt", branches: [EMPTY, lexeme] } : lexeme;
  }

  /** The form for the beginning of a text, without the empty text. */
  #first(part: Part): Part {
    switch (part.type) {
      case "seq":
        return this.#firstOf(part.items);
      case "alt":
        return { type: "alt", branches: part.branches.map((branch) => this.#first(branch)) };
      case "repeat": {
        const { item, min, max } = part;
        const least = this.#isEmpty(item) ? 0 : Math.max(min - 1, 0);
        if (max === 0) return NEVER;
        const rest: Part = { type: "repeat", item: this.#later(item), min: least, max: max - 1 };
        return { type: "seq", items: [this.#first(item), rest] };
      }
      case "rule":
        if (!isTerminal(part.name)) return { ...part, name: FIRST + part.name };
    }
    return this.#filled(part);
  }

  #firstOf(items: readonly Part[]): Part {
    const branches: Part[] = [];
    for (const [i, item] of items.entries()) {
      const rest = items.slice(i + 1).map((each) => this.#later(each));
      branches.push({ type: "seq", items: [this.#first(item), ...rest] });
      if (!this.#isEmpty(item)) break;
    }
    return branches.length === 1 ? branches[0]! : { type: "alt", branches };
  }

  /** A lexeme of at least one character. */
  #filled(part: Part): Part {
    if (!this.#isEmpty(part)) return part;
    return part.type === "text" ? NEVER : { type: "and", parts: [part, SOME] };
  }
}

function mayBeEmpty(part: Part, names: ReadonlySet<string>): boolean {
  const of = (each: Part) => mayBeEmpty(each, names);
  switch (part.type) {
    case "text":
      return part.text === "";
    case "rule":
      return names.has(part.name);
    case "seq":
      return part.items.every(of);
    case "alt":
      return part.branches.some(of);
    case "repeat":
      return part.min === 0 || of(part.item);
    case "and":
      return part.parts.every(of);
    case "not":
      return !of(part.item);
    case "lazy":
      return of(part.item);
    case "regex":
      return isEmptyRegex(part.regex);
    default:
      return false;
  }
}

function isEmptyRegex(regex: Regex): boolean {
  switch (regex.type) {
    case "seq":
      return regex.items.every(isEmptyRegex);
    case "alt":
      return regex.branches.some(isEmptyRegex);
    case "repeat":
      return regex.min === 0 || isEmptyRegex(regex.item);
    default:
      return regex.type !== "set";
  }
}
