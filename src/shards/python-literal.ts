/**
 * Parses the Python literals in an npy header: dicts, lists, tuples, strings, integers, True, False and None. One pass
 * over the text, of bounded depth. Source: ast.literal_eval, with which numpy/lib/format.py reads headers.
 */

/** Tuples and lists become arrays; dicts become maps. */
export type Literal = string | number | boolean | null | readonly Literal[] | ReadonlyMap<string, Literal>;

/** Maximum depth: a header has a dict, a list of fields, a field, its shape or title. */
const DEPTH_MAX = 8;
const WORDS: ReadonlyMap<string, Literal> = new Map<string, Literal>([
  ["True", true],
  ["False", false],
  ["None", null],
]);
const SPACE = /\s*/y;
const NUMBER = /-?\d{1,15}L?/y;
const WORD = /[A-Za-z]{1,8}/y;
const STRING = /'([^'\\\n]*)'|"([^"\\\n]*)"/y;

/** The value of the text; undefined when the text is not such a literal. */
export function parseLiteral(text: string): Literal | undefined {
  const reader = new LiteralReader(text);
  const value = reader.value(0);
  return value !== undefined && reader.isAtEnd() ? value : undefined;
}

class LiteralReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  isAtEnd(): boolean {
    this.#match(SPACE);
    return this.#at === this.#text.length;
  }

  value(depth: number): Literal | undefined {
    if (depth > DEPTH_MAX) return undefined;
    this.#match(SPACE);
    switch (this.#text[this.#at]) {
      case "{":
        return this.#dict(depth);
      case "[":
        return this.#list("]", depth)?.items;
      case "(": {
        const list = this.#list(")", depth);
        // One value in brackets is the value itself; a comma makes it a tuple.
        return list !== undefined && list.items.length === 1 && !list.has_comma ? list.items[0] : list?.items;
      }
      case "'":
      case '"': {
        const found = this.#match(STRING);
        return found?.[1] ?? found?.[2];
      }
      default:
        return this.#word();
    }
  }

  #word(): Literal | undefined {
    const number = this.#match(NUMBER)?.[0];
    if (number !== undefined) return Number(number.replace("L", ""));
    return WORDS.get(this.#match(WORD)?.[0] ?? "");
  }

  #list(
    end: string,
    depth: number,
  ): { readonly items: readonly Literal[]; readonly has_comma: boolean } | undefined {
    const items: Literal[] = [];
    let has_comma = false;
    this.#at += 1;
    for (;;) {
      if (this.#takes(end)) return { items, has_comma };
      if (items.length > 0 && !has_comma) return undefined;
      const item = this.value(depth + 1);
      if (item === undefined) return undefined;
      items.push(item);
      has_comma = this.#takes(",");
    }
  }

  #dict(depth: number): ReadonlyMap<string, Literal> | undefined {
    const entries = new Map<string, Literal>();
    let has_comma = true;
    this.#at += 1;
    for (;;) {
      if (this.#takes("}")) return entries;
      const key = has_comma ? this.value(depth + 1) : undefined;
      if (typeof key !== "string" || !this.#takes(":")) return undefined;
      const value = this.value(depth + 1);
      if (value === undefined) return undefined;
      entries.set(key, value);
      has_comma = this.#takes(",");
    }
  }

  #takes(character: string): boolean {
    this.#match(SPACE);
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found !== null) this.#at = pattern.lastIndex;
    return found;
  }
}
