/**
 * A plain, strict reader of JSON texts (RFC 8259) that reads the whole text at once. The service's own reader, which
 * works on bytes as they arrive, must never accept more. Beyond the grammar it enforces the rules of
 * docs/wire-format.md: UTF-8 without a byte order mark, at most 64 levels, no `__proto__`, no repeated key in the
 * objects that the service reads itself, and `-Infinity` only where a logit is allowed. A long seed is returned as the
 * text of its digits.
 */

type Path = readonly (string | number)[];

const DEPTH_MAX = 64;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const STRING = /"(?:[^"\\\p{Cc}]|[\u007f-\u009f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/uy;
/** Whole numbers that Number would round: seeds keep all their digits. */
const LONG = /^-?\d{16,}$/;
const SPACE = /[ \t\n\r]*/y;

/** The value of a text. Throws a SyntaxError that names the error. */
export function readStrictJson(bytes: Uint8Array): unknown {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new SyntaxError("not UTF-8");
  }
  return new Reader(text).whole();
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  whole(): unknown {
    const value = this.#value([], 0);
    this.#space();
    if (this.#at < this.#text.length) throw this.#wrong("text behind the value");
    return value;
  }

  #value(path: Path, depth: number): unknown {
    this.#space();
    const first = this.#text[this.#at];
    if (first === "{") return this.#object(path, depth + 1);
    if (first === "[") return this.#array(path, isRow(path) ? depth : depth + 1);
    if (first === '"') return this.#string();
    for (const [word, value] of [
      ["true", true],
      ["false", false],
      ["null", null],
    ] as const)
      if (this.#takes(word)) return value;
    if (isLogit(path) && this.#takes("-Infinity")) return Number.NEGATIVE_INFINITY;
    const number = this.#match(NUMBER, "a value");
    return path.at(-1) === "seed" && LONG.test(number) ? number : Number(number);
  }

  #object(path: Path, depth: number): Record<string, unknown> {
    this.#enter("{", depth);
    const fields: Record<string, unknown> = {};
    if (this.#closes("}")) return fields;
    do {
      this.#space();
      const key = this.#string();
      if (isReadBySelf(path) && (key === "__proto__" || Object.hasOwn(fields, key)))
        throw this.#wrong(`the key ${key}`);
      this.#space();
      if (!this.#takes(":")) throw this.#wrong("no colon");
      const value = this.#value([...path, key], depth);
      // Assigning "__proto__" would set the prototype.
      Object.defineProperty(fields, key, { value, enumerable: true, configurable: true, writable: true });
    } while (this.#next("}"));
    return fields;
  }

  #array(path: Path, depth: number): unknown[] {
    this.#enter("[", depth);
    const items: unknown[] = [];
    if (this.#closes("]")) return items;
    do items.push(this.#value([...path, items.length], depth));
    while (this.#next("]"));
    return items;
  }

  #enter(bracket: string, depth: number): void {
    if (depth > DEPTH_MAX) throw this.#wrong("too deep");
    this.#takes(bracket);
    this.#space();
  }

  #closes(bracket: string): boolean {
    this.#space();
    return this.#takes(bracket);
  }

  /** After an item: true after a comma, false after the closing bracket. */
  #next(bracket: string): boolean {
    if (this.#closes(bracket)) return false;
    if (this.#takes(",")) return true;
    throw this.#wrong("neither a comma nor the end");
  }

  #string(): string {
    const text = JSON.parse(this.#match(STRING, "a string")) as unknown;
    return String(text);
  }

  #space(): void {
    SPACE.lastIndex = this.#at;
    SPACE.test(this.#text);
    this.#at = SPACE.lastIndex;
  }

  #takes(word: string): boolean {
    if (!this.#text.startsWith(word, this.#at)) return false;
    this.#at += word.length;
    return true;
  }

  #match(pattern: RegExp, noun: string): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found === undefined) throw this.#wrong(`no ${noun}`);
    this.#at += found.length;
    return found;
  }

  #wrong(what: string): SyntaxError {
    return new SyntaxError(`${what} at ${this.#at}`);
  }
}

/** The same rules hold below `rows[i]` as below the body. */
function withinRow(path: Path): Path {
  return path[0] === "rows" && typeof path[1] === "number" ? path.slice(2) : path;
}

function isRow(path: Path): boolean {
  const place = withinRow(path).join("/");
  return place === "logits" || place === "logits/values";
}

function isLogit(path: Path): boolean {
  return typeof path.at(-1) === "number" && isRow(path.slice(0, -1));
}

/** The body, a row, and the object at `logits`: all keys of these are defined. */
function isReadBySelf(path: Path): boolean {
  const place = withinRow(path);
  return place.length === 0 || (place.length === 1 && place[0] === "logits");
}
