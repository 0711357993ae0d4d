/**
 * Rewrites a regular expression of Lark as one of ECMA-262. In Lark a dot is anything but a line feed, and flags follow
 * the expression or stand in a group: /a.b/is or (?s:.*).
 */
import { Problem, show } from "../../errors.ts";

interface Flags {
  /** s: a dot matches every character */
  readonly dot_all: boolean;
  /** i: letters match in either case */
  readonly any_case: boolean;
}

/** Flags without effect here: u is always on. */
const NEUTRAL = /^[u]*$/;

export function plainRegex(source: string, flags: string): string {
  return new Rewriting(source).run(flagsOf(flags, { dot_all: false, any_case: false }, source));
}

function flagsOf(letters: string, outer: Flags, source: string): Flags {
  const [on = "", off = ""] = letters.split("-");
  const unknown = `${on}${off}`.replaceAll(/[is]/g, "");
  if (!NEUTRAL.test(unknown))
    throw new Problem(
      "grammar_unsupported",
      `a regular expression may have the flags i, s and u, got ${show(unknown)} of ${show(source)}`,
    );
  const set = (letter: string, before: boolean) =>
    on.includes(letter) ? true : off.includes(letter) ? false : before;
  return { dot_all: set("s", outer.dot_all), any_case: set("i", outer.any_case) };
}

class Rewriting {
  readonly #source: string;
  #at = 0;
  #out = "";

  constructor(source: string) {
    this.#source = source;
  }

  run(flags: Flags): string {
    const open: Flags[] = [];
    let now = flags;
    while (this.#at < this.#source.length) {
      const letter = this.#source[this.#at]!;
      const [group, own] = /^\(\?([a-z-]*):/.exec(this.#source.slice(this.#at, this.#at + 16)) ?? [];
      if (letter === "\\") this.#escape(now);
      else if (letter === "[") this.#set(now);
      else if (group !== undefined && own !== undefined) {
        open.push(now);
        now = flagsOf(own, now, this.#source);
        this.#put("(?:", group.length);
      } else if (letter === "(") {
        open.push(now);
        this.#put("(", 1);
      } else if (letter === ")") {
        now = open.pop() ?? now;
        this.#put(")", 1);
      } else if (letter === ".") this.#put(now.dot_all ? "[\\s\\S]" : "[^\\n]", 1);
      else this.#put(now.any_case ? eitherCase(letter) : letter, 1);
    }
    return this.#out;
  }

  #put(text: string, length: number): void {
    this.#out += text;
    this.#at += length;
  }

  /** `\/` is a slash; an escape of a letter by its number stays as it is. */
  #escape({ any_case }: Flags): void {
    const text =
      /^\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|u\{[^}]*\}|[pP]\{[^}]*\}|[\s\S])?/.exec(
        this.#source.slice(this.#at, this.#at + 64),
      )?.[0] ?? "\\";
    const is_class = /^\\[pP]/.test(text);
    if (any_case && is_class)
      throw new Problem("grammar_unsupported", `the flag i is not supported beside ${text}`);
    this.#put(text, text.length);
  }

  #set({ any_case }: Flags): void {
    const end = endOfSet(this.#source, this.#at);
    const text = this.#source.slice(this.#at, end);
    this.#put(any_case ? withBothCases(text) : text, text.length);
  }
}

function endOfSet(source: string, from: number): number {
  for (let at = from + 1; at < source.length; at++) {
    if (source[at] === "\\") at++;
    else if (source[at] === "]" && at > from + 1) return at + 1;
  }
  return source.length;
}

function otherCase(letter: string): string {
  const upper = letter.toUpperCase();
  const other = upper === letter ? letter.toLowerCase() : upper;
  return [...other].length === 1 ? other : letter;
}

function eitherCase(letter: string): string {
  const other = otherCase(letter);
  return other === letter ? letter : `[${letter}${other}]`;
}

/** The set with both cases of each letter and of each range of letters. */
function withBothCases(set: string): string {
  const inner = set.slice(1, -1).replaceAll(/\\[\s\S]|[A-Za-z]-[A-Za-z]|\p{L}/gu, (part) => {
    if (part.startsWith("\\")) return part;
    if (part.length < 3) return `${part}${otherCase(part) === part ? "" : otherCase(part)}`;
    const [from, to] = [otherCase(part[0]!), otherCase(part[2]!)];
    return from <= to ? `${part}${from}-${to}` : part;
  });
  return `[${inner}]`;
}
