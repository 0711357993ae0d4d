/**
 * Regular expressions and GBNF once more, plain and slow: every way to read a text is followed by itself, as a list of
 * what is still to come. It shares only the parsers with what it is held against, and no automaton.
 */
import { type Part, parseGbnf } from "../../src/grammar/gbnf.ts";
import { matched } from "../../src/grammar/regex/anchors.ts";
import { contains } from "../../src/grammar/regex/code-points.ts";
import { parseRegex, type Regex } from "../../src/grammar/regex/syntax.ts";

type Piece = Regex | Part;

/** What is still to come, the next piece first; undefined: nothing. */
interface Rest {
  readonly piece: Piece;
  readonly after: Rest | undefined;
}

const WAYS_MAX = 20_000;

export class Reference {
  readonly #root: Piece;
  readonly #rules: ReadonlyMap<string, Part>;
  readonly #ending: ReadonlySet<string>;

  constructor(kind: "regex" | "gbnf", source: string) {
    this.#rules = kind === "gbnf" ? parseGbnf(source) : new Map();
    this.#root = kind === "gbnf" ? (this.#rules.get("root") as Part) : matched(parseRegex(source));
    this.#ending = this.#findEnding();
  }

  /** Rules that end: those found so far make others end, until none is added. */
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

  #allEnd(rest: Rest | undefined): boolean {
    for (let at = rest; at !== undefined; at = at.after)
      if (!this.#ends(at.piece, this.#ending)) return false;
    return true;
  }

  /** Whether some text of the grammar begins so, and whether it is one. undefined: too many ways to follow. */
  reads(text: string): { readonly begins: boolean; readonly is_whole: boolean } | undefined {
    let ways: (Rest | undefined)[] = [{ piece: this.#root, after: undefined }];
    for (const letter of [...text, undefined]) {
      const next: (Rest | undefined)[] = [];
      let is_whole = false;
      const seen = new Set<string>();
      let steps = 0;
      const todo = ways.map((rest) => ({ rest, depth: 0 }));
      for (let way = todo.pop(); way !== undefined; way = todo.pop()) {
        if (++steps > WAYS_MAX || way.depth > 200) return undefined;
        const { rest, depth } = way;
        if (rest === undefined) {
          is_whole = true;
          continue;
        }
        const key = keyOf(rest);
        if (seen.has(key) || !this.#allEnd(rest)) continue;
        seen.add(key);
        const { piece, after } = rest;
        if (piece.type === "set") {
          if (letter !== undefined && contains(piece.set, letter.codePointAt(0)!)) next.push(after);
          else if (letter === undefined) next.push(after);
        } else if (piece.type === "text") {
          const [first, ...others] = [...piece.text];
          if (first === undefined) todo.push({ rest: after, depth: depth + 1 });
          else if (letter === undefined || first === letter)
            next.push({ piece: { type: "text", text: others.join("") }, after });
        } else for (const opened of this.#open(piece, after)) todo.push({ rest: opened, depth: depth + 1 });
      }
      if (letter === undefined) return { begins: is_whole || next.length > 0, is_whole };
      ways = next;
    }
    return undefined;
  }

  #open(piece: Piece, after: Rest | undefined): (Rest | undefined)[] {
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
        return [{ piece: this.#rules.get(piece.name) as Part, after }];
      default:
        return [after];
    }
  }
}

const NUMBERS = new WeakMap<object, number>();
let count = 0;

/** Ways that have the same to come are one. */
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
