/**
 * Text as programs print their values → a tree: JSON, and what Python's repr and NumPy, torch, JAX and TensorFlow add
 * to it (single quotes, None, inf, tuples, calls such as `tensor([8.2, 1.5], device='cuda:0')`, numbers separated by
 * blanks). It knows nothing about logits.
 */
import { RowError } from "../row.ts";
import { LEFT_OUT, parseNumber, shorten } from "./number.ts";

export type Tree = number | string | boolean | null | Tree[] | Branch;

/** A dictionary, or a call: its named arguments, and the unnamed ones in `list`. */
export interface Branch {
  /** the name of the called function; "" for a dictionary */
  readonly name: string;
  readonly entries: ReadonlyMap<string, Tree>;
  readonly list: readonly Tree[];
}

const DEPTH_MAX = 64;

const WORDS: Readonly<Record<string, Tree>> = {
  null: null,
  None: null,
  nil: null,
  true: true,
  True: true,
  false: false,
  False: false,
};

const BLANK = /[\s\u00a0]*/y;
const NUMBER = /[+\-−]?(?:\d[\d_.]*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|inf(?:inity)?\b|nan\b|∞)/iy;
const WORD = /[A-Za-z_][\w.]*/y;
const STRING = /(?:[bruf]{0,2})("(?:[^"\\]|\\[\s\S])*"|'(?:[^'\\]|\\[\s\S])*')/iy;
const NAMED = /([A-Za-z_]\w*)\s*=/y;
const MARKED = /<[^<>]*>/y;
const DOTS = /\.\.\.|…/y;

/** All the values of a text, one after another. Throws a RowError that shows where reading failed. */
export function parseLiterals(text: string): Tree[] {
  const cursor = new Cursor(text);
  const values: Tree[] = [];
  while (!cursor.isAtEnd()) {
    values.push(parseValue(cursor, 0));
    cursor.take(";") || cursor.take(",");
  }
  return values;
}

class Cursor {
  readonly text: string;
  at = 0;

  constructor(text: string) {
    this.text = text;
  }

  isAtEnd(): boolean {
    this.match(BLANK);
    return this.at >= this.text.length;
  }

  match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found === null) return undefined;
    this.at = pattern.lastIndex;
    return found;
  }

  /** Skips a sign and the blanks before it. */
  take(sign: string): boolean {
    this.match(BLANK);
    if (!this.text.startsWith(sign, this.at)) return false;
    this.at += sign.length;
    return true;
  }

  refuse(what: string): never {
    const rest = this.text.slice(this.at);
    throw new RowError(
      rest === "" ? `The text ends before ${what}.` : `“${shorten(rest)}” stands where ${what} belongs.`,
    );
  }
}

function parseValue(cursor: Cursor, depth: number): Tree {
  if (depth > DEPTH_MAX) throw new RowError(`The text is nested more than ${DEPTH_MAX} deep.`);
  cursor.match(BLANK);
  // checked first, because there may be a hundred thousand of them
  const number = cursor.match(NUMBER);
  if (number !== undefined) return parseNumber(number[0].replaceAll("_", ""), "in a list");
  if (cursor.take("[")) return parseList(cursor, "]", depth);
  if (cursor.take("(")) return parseList(cursor, ")", depth);
  if (cursor.take("{")) return parseDictionary(cursor, depth);
  if (cursor.take("<tf.Tensor:")) return parseCall(cursor, "Tensor", ">", depth);
  const quoted = cursor.match(STRING);
  if (quoted !== undefined) return unquoted(quoted[1] ?? "");
  if (cursor.match(DOTS)) throw new RowError(LEFT_OUT);
  const marked = cursor.match(MARKED);
  if (marked !== undefined) return marked[0];
  return parseWord(cursor, depth);
}

function parseWord(cursor: Cursor, depth: number): Tree {
  const word = cursor.match(WORD)?.[0];
  if (word === undefined) return cursor.refuse("a value");
  if (word in WORDS) return WORDS[word] ?? null;
  // Julia writes Float32[8.2, 1.5]
  if (cursor.text[cursor.at] === "[") return parseValue(cursor, depth);
  if (cursor.text[cursor.at] !== "(") return word;
  cursor.at += 1;
  return parseCall(cursor, word.split(".").at(-1) ?? word, ")", depth);
}

function parseList(cursor: Cursor, end: string, depth: number): Tree[] {
  const items: Tree[] = [];
  while (!cursor.take(end)) {
    if (cursor.isAtEnd()) cursor.refuse(`“${end}”`);
    items.push(parseValue(cursor, depth + 1));
    cursor.take(",") || cursor.take(";");
  }
  return items;
}

function parseDictionary(cursor: Cursor, depth: number): Branch {
  const entries = new Map<string, Tree>();
  while (!cursor.take("}")) {
    if (cursor.isAtEnd()) cursor.refuse("“}”");
    const key = parseValue(cursor, depth + 1);
    if (!cursor.take(":")) cursor.refuse("a colon");
    if (typeof key === "object" && key !== null) cursor.refuse("a text as the key");
    entries.set(String(key), parseValue(cursor, depth + 1));
    cursor.take(",");
  }
  return { name: "", entries, list: [] };
}

function parseCall(cursor: Cursor, name: string, end: string, depth: number): Branch {
  const entries = new Map<string, Tree>();
  const list: Tree[] = [];
  while (!cursor.take(end)) {
    if (cursor.isAtEnd()) cursor.refuse(`“${end}”`);
    const named = cursor.match(NAMED)?.[1];
    const value = parseValue(cursor, depth + 1);
    if (named === undefined) list.push(value);
    else entries.set(named, value);
    cursor.take(",");
  }
  return { name, entries, list };
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", b: "\b", f: "\f", "0": "\0" };

function unquoted(text: string): string {
  return text
    .slice(1, -1)
    .replace(/\\(?:u([0-9a-f]{4})|x([0-9a-f]{2})|([\s\S]))/gi, (_, unicode, byte, other: string) =>
      other === undefined
        ? String.fromCharCode(Number.parseInt(unicode ?? byte, 16))
        : (ESCAPES[other] ?? other),
    );
}
