/**
 * A second, plain and slow reader of regular expressions and GBNF: it follows every way to read a text separately, as a
 * list of the remaining pieces. It shares only the parsers with the tested code, and no automaton.
 */
import { parseGbnf } from "../../../src/grammar/gbnf.ts";
import { matched } from "../../../src/grammar/regex/anchors.ts";
import type { CodePoints } from "../../../src/grammar/regex/code-points.ts";
import { parseRegex, type Regex } from "../../../src/grammar/regex/syntax.ts";
import type { Part } from "../../../src/grammar/rule-parts.ts";

type Piece = Regex | Part;

/** The remaining pieces, the next one first; undefined: no piece remains. */
interface Rest {
  readonly piece: Piece;
  readonly after: Rest | undefined;
}

/** The state after some bytes: all possible rests, and the bytes of an incomplete character. */
export interface Place {
  readonly ways: readonly (Rest | undefined)[];
  readonly pending: readonly number[];
}

/** A position with each way followed to its next character. */
interface Opened {
  readonly letters: readonly { readonly set: CodePoints; readonly after: Rest | undefined }[];
  readonly is_whole: boolean;
}

/** There are too many ways to follow; the reference gives no answer. */
export class TooManyWays extends Error {}

const WAYS_MAX = 5000;
const DEPTH_MAX = 200;

export class Reference {
  readonly start: Place;
  readonly #rules: ReadonlyMap<string, Part>;
  readonly #ending: ReadonlySet<string>;
  readonly #opened = new WeakMap<Place, Opened>();

  constructor(kind: "regex" | "gbnf", source: string) {
    this.#rules = kind === "gbnf" ? parseGbnf(source) : new Map();
    const root = kind === "gbnf" ? this.#rule("root") : matched(parseRegex(source));
    this.start = { ways: [{ piece: root, after: undefined }], pending: [] };
    this.#ending = this.#findEnding();
  }

  /** undefined: no text continues this way. */
  behind(place: Place, bytes: Iterable<number>): Place | undefined {
    let at = place;
    for (const byte of bytes) {
      const pending = [...at.pending, byte];
      const span = spanOf(pending);
      if (span === undefined) return undefined;
      const fitting = this.#open(at).letters.filter(({ set }) => meets(set, span));
      if (fitting.length === 0) return undefined;
      at = span.is_whole
        ? { ways: fitting.map(({ after }) => after), pending: [] }
        : { ways: at.ways, pending };
    }
    return at;
  }

  isWhole(place: Place): boolean {
    return place.pending.length === 0 && this.#open(place).is_whole;
  }

  #rule(name: string): Part {
    const body = this.#rules.get(name);
    if (body === undefined) throw new Error(`there is no rule ${name}`);
    return body;
  }

  #open(place: Place): Opened {
    const known = this.#opened.get(place);
    if (known !== undefined) return known;
    const letters: { readonly set: CodePoints; readonly after: Rest | undefined }[] = [];
    let is_whole = false;
    const seen = new Set<string>();
    const todo = place.ways.map((rest) => ({ rest, depth: 0 }));
    for (let way = todo.pop(); way !== undefined; way = todo.pop()) {
      const { rest, depth } = way;
      if (rest === undefined) {
        is_whole = true;
        continue;
      }
      const key = keyOf(rest);
      if (seen.has(key) || !this.#allEnd(rest)) continue;
      if (seen.size > WAYS_MAX || depth > DEPTH_MAX) throw new TooManyWays();
      seen.add(key);
      const letter = letterOf(rest);
      if (letter !== undefined) letters.push(letter);
      else for (const inner of this.#inside(rest)) todo.push({ rest: inner, depth: depth + 1 });
    }
    const opened = { letters, is_whole };
    this.#opened.set(place, opened);
    return opened;
  }

  /** The ways that begin with a piece that is not a character. */
  #inside({ piece, after }: Rest): (Rest | undefined)[] {
    switch (piece.type) {
      case "seq":
        return [
          piece.items.reduceRight<Rest | undefined>((rest, item) => ({ piece: item, after: rest }), after),
        ];
      case "alt":
        return piece.branches.map((branch) => ({ piece: branch, after }));
      case "repeat": {
        const { item, min, max } = piece;
        const again = { ...piece, min: Math.max(min - 1, 0), max: max - 1 } as Piece;
        return [
          ...(min === 0 ? [after] : []),
          ...(max > 0 ? [{ piece: item, after: { piece: again, after } }] : []),
        ];
      }
      case "rule":
        return [{ piece: this.#rule(piece.name), after }];
      default:
        return [after];
    }
  }

  /** The rules that can be empty: those found so far make others empty, until none is added. */
  #findEnding(): ReadonlySet<string> {
    const found = new Set<string>();
    for (let size = -1; size < found.size; ) {
      size = found.size;
      for (const [name, body] of this.#rules) if (this.#ends(body, found)) found.add(name);
    }
    return found;
  }

  #ends(piece: Piece, rules: ReadonlySet<string>): boolean {
    switch (piece.type) {
      case "set":
        return piece.set.length > 0;
      case "seq":
        return piece.items.every((item) => this.#ends(item, rules));
      case "alt":
        return piece.branches.some((branch) => this.#ends(branch, rules));
      case "repeat":
        return piece.min === 0 || this.#ends(piece.item, rules);
      case "rule":
        return rules.has(piece.name);
      default:
        return true;
    }
  }

  #allEnd(rest: Rest): boolean {
    for (let at: Rest | undefined = rest; at !== undefined; at = at.after)
      if (!this.#ends(at.piece, this.#ending)) return false;
    return true;
  }
}

/** The next character, if the next piece is one. */
function letterOf({
  piece,
  after,
}: Rest): { readonly set: CodePoints; readonly after: Rest | undefined } | undefined {
  if (piece.type === "set") return { set: piece.set, after };
  if (piece.type !== "text" || piece.text === "") return undefined;
  const [first = "", ...others] = piece.text;
  const code_point = first.codePointAt(0) ?? 0;
  const text = others.join("");
  return {
    set: [code_point, code_point],
    after: text === "" ? after : { piece: { type: "text", text }, after },
  };
}

/** By the number of bytes: the fixed high bits of the first byte, and the first character of that length. */
const FORMS = [
  { lead: 0x00, mask: 0x80, least: 0 },
  { lead: 0xc0, mask: 0xe0, least: 0x80 },
  { lead: 0xe0, mask: 0xf0, least: 0x800 },
  { lead: 0xf0, mask: 0xf8, least: 0x10000 },
] as const;

/** The characters whose UTF-8 begins with these bytes; undefined: there are none. */
function spanOf(
  bytes: readonly number[],
): { readonly from: number; readonly to: number; readonly is_whole: boolean } | undefined {
  const [first = 0, ...others] = bytes;
  const length = FORMS.findIndex(({ lead, mask }) => (first & mask) === lead) + 1;
  const form = FORMS[length - 1];
  if (form === undefined || bytes.length > length || others.some((byte) => (byte & 0xc0) !== 0x80))
    return undefined;
  let bits = first & ~form.mask;
  for (const byte of others) bits = (bits << 6) | (byte & 0x3f);
  const open = 6 * (length - bytes.length);
  const from = Math.max(bits << open, form.least);
  const to = (bits << open) | ((1 << open) - 1);
  return from > to ? undefined : { from, to, is_whole: open === 0 };
}

function meets(set: CodePoints, { from, to }: { readonly from: number; readonly to: number }): boolean {
  for (let i = 0; i < set.length; i += 2) if (set[i]! <= to && set[i + 1]! >= from) return true;
  return false;
}

const NUMBERS = new WeakMap<object, number>();
let count = 0;

/** Ways with the same rest are one. */
function keyOf(rest: Rest): string {
  const parts: string[] = [];
  for (let at: Rest | undefined = rest; at !== undefined; at = at.after) {
    const { piece } = at;
    if (piece.type === "repeat") parts.push(`${numberOf(piece.item)}{${piece.min},${piece.max}}`);
    else if (piece.type === "text") parts.push(JSON.stringify(piece.text));
    else parts.push(String(numberOf(piece)));
  }
  return parts.join(" ");
}

function numberOf(piece: Piece): number {
  const known = NUMBERS.get(piece);
  if (known !== undefined) return known;
  NUMBERS.set(piece, count);
  return count++;
}
