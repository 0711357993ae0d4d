/**
 * Numbers within bounds, and multiples, as nodes over their decimal digits. A bounded number is written without an
 * exponent, and zero without a minus.
 */
import { Problem } from "../../errors.ts";
import { EMPTY, NEVER, UNLIMITED } from "../nodes.ts";
import type { Rules } from "../rules.ts";
import { type Decimal, decimalOf, scaled } from "./decimal.ts";
import type { Lexemes } from "./lexemes.ts";

export interface Bound {
  readonly value: number;
  readonly is_open: boolean;
}

export interface NumberRules {
  readonly integer: boolean;
  readonly low: Bound | undefined;
  readonly high: Bound | undefined;
  readonly multiples: readonly { readonly value: number; readonly pointer: string }[];
}

const DIGITS_MAX = 400;
/** Maximum states of the automaton for division. */
const REMAINDERS_MAX = 4096;

export function* numberNode(
  lexemes: Lexemes,
  rules: Rules,
  wanted: NumberRules,
  weaken: (problem: unknown) => void,
): Generator<undefined, number> {
  const { integer, low, high, multiples } = wanted;
  if (low === undefined && high === undefined && multiples.length === 0)
    return integer ? lexemes.integer : lexemes.number;
  const { nodes } = lexemes;
  const bounded = nodes.alt([
    magnitudes(lexemes, integer, from(low, false), upTo(high)),
    nodes.word(
      nodes.text("-"),
      magnitudes(lexemes, integer, from(mirrored(high), true), upTo(mirrored(low))),
    ),
  ]);
  const parts = [bounded];
  for (const { value, pointer } of multiples) {
    const states = remaindersOf(value, integer);
    if (states <= REMAINDERS_MAX) parts.push(yield* multiplesOf(lexemes, rules, integer, value));
    else
      weaken(
        new Problem(
          "grammar_unsupported",
          `multipleOf is supported for divisors whose digits make at most ${REMAINDERS_MAX} remainders, got ${value}`,
          pointer,
        ),
      );
  }
  return nodes.and(parts);
}

/** A number other than this one. */
export function otherNumber(lexemes: Lexemes, value: number): number {
  const { nodes } = lexemes;
  const { negative, whole, fraction } = decimalOf(value);
  const zeros = nodes.wordRepeat(nodes.text("0"), 0, UNLIMITED);
  const behind =
    fraction === ""
      ? nodes.optional(nodes.word(nodes.text("."), nodes.wordRepeat(nodes.text("0"), 1, UNLIMITED)))
      : nodes.word(nodes.text(`.${fraction}`), zeros);
  const sign = value === 0 ? nodes.optional(nodes.text("-")) : nodes.text(negative ? "-" : "");
  return nodes.not(nodes.word(sign, nodes.text(whole), behind));
}

/** A number with digits after its point. */
export function brokenNumber({ nodes, integer, digit }: Lexemes): number {
  const zeros = nodes.wordRepeat(nodes.text("0"), 0, UNLIMITED);
  return nodes.word(
    integer,
    nodes.text("."),
    zeros,
    nodes.range(0x31, 0x39),
    nodes.wordRepeat(digit, 0, UNLIMITED),
  );
}

type End = { readonly digits: Decimal; readonly is_open: boolean } | "none" | "empty";

/**
 * The smallest magnitude that satisfies the bound. For negative numbers zero is left out, because it has no mirror
 * image.
 */
function from(bound: Bound | undefined, is_mirrored: boolean): End {
  const at_zero = is_mirrored ? { digits: decimalOf(0), is_open: true } : "none";
  if (bound === undefined || bound.value < 0) return at_zero;
  if (bound.value === 0 && !bound.is_open) return at_zero;
  return { digits: decimalOf(bound.value), is_open: bound.is_open || (is_mirrored && bound.value === 0) };
}

function upTo(bound: Bound | undefined): End {
  if (bound === undefined) return "none";
  if (bound.value < 0 || (bound.value === 0 && bound.is_open)) return "empty";
  return { digits: decimalOf(bound.value), is_open: bound.is_open };
}

function mirrored(bound: Bound | undefined): Bound | undefined {
  return bound && { value: -bound.value, is_open: bound.is_open };
}

function magnitudes(lexemes: Lexemes, integer: boolean, low: End, high: End): number {
  if (low === "empty" || high === "empty") return NEVER;
  const { nodes } = lexemes;
  const ends = new Ends(lexemes, integer);
  const parts = [
    ...(low === "none" ? [] : [ends.atLeast(low.digits, low.is_open)]),
    ...(high === "none" ? [] : [ends.atMost(high.digits, high.is_open)]),
  ];
  if (parts.length > 0) return nodes.and(parts);
  return nodes.word(lexemes.whole, ends.any_fraction);
}

/** The magnitudes on one side of a bound, digit by digit. */
class Ends {
  readonly #lexemes: Lexemes;
  readonly #integer: boolean;
  readonly any_fraction: number;

  constructor(lexemes: Lexemes, integer: boolean) {
    this.#lexemes = lexemes;
    this.#integer = integer;
    this.any_fraction = integer ? EMPTY : lexemes.fraction();
  }

  atLeast({ whole, fraction }: Decimal, is_open: boolean): number {
    requireShort(whole, fraction);
    const { nodes, digit } = this.#lexemes;
    let node = this.#fractionAtLeast(fraction, is_open);
    for (let i = whole.length - 1; i >= 0; i--) {
      const above = nodes.word(
        this.#digitsBetween(Number(whole[i]) + 1, 9),
        nodes.wordRepeat(digit, whole.length - 1 - i, whole.length - 1 - i),
        this.any_fraction,
      );
      node = nodes.alt([above, nodes.word(nodes.text(whole[i] ?? ""), node)]);
    }
    const longer = nodes.word(
      nodes.range(0x31, 0x39),
      nodes.wordRepeat(digit, whole.length, UNLIMITED),
      this.any_fraction,
    );
    return nodes.alt([longer, node]);
  }

  #fractionAtLeast(fraction: string, is_open: boolean): number {
    const { nodes, digit } = this.#lexemes;
    const any = nodes.wordRepeat(digit, 0, UNLIMITED);
    const zeros = nodes.wordRepeat(nodes.text("0"), 0, UNLIMITED);
    const more = nodes.word(zeros, nodes.range(0x31, 0x39), any);
    if (fraction === "") {
      if (!is_open) return this.any_fraction;
      return this.#integer ? NEVER : nodes.word(nodes.text("."), more);
    }
    if (this.#integer) return NEVER;
    let node = is_open ? more : any;
    for (let i = fraction.length - 1; i >= 0; i--)
      node = nodes.alt([
        nodes.word(this.#digitsBetween(Number(fraction[i]) + 1, 9), any),
        nodes.word(nodes.text(fraction[i] ?? ""), node),
      ]);
    return nodes.word(nodes.text("."), node);
  }

  atMost({ whole, fraction }: Decimal, is_open: boolean): number {
    requireShort(whole, fraction);
    const { nodes, digit } = this.#lexemes;
    let node = this.#fractionAtMost(fraction, is_open);
    for (let i = whole.length - 1; i >= 0; i--) {
      const least = i === 0 && whole.length > 1 ? 1 : 0;
      const below = nodes.word(
        this.#digitsBetween(least, Number(whole[i]) - 1),
        nodes.wordRepeat(digit, whole.length - 1 - i, whole.length - 1 - i),
        this.any_fraction,
      );
      node = nodes.alt([below, nodes.word(nodes.text(whole[i] ?? ""), node)]);
    }
    if (whole.length === 1) return node;
    const shorter = nodes.alt([
      nodes.text("0"),
      nodes.word(nodes.range(0x31, 0x39), nodes.wordRepeat(digit, 0, whole.length - 2)),
    ]);
    return nodes.alt([nodes.word(shorter, this.any_fraction), node]);
  }

  #fractionAtMost(fraction: string, is_open: boolean): number {
    const { nodes, digit } = this.#lexemes;
    if (fraction === "") {
      if (is_open) return NEVER;
      if (this.#integer) return EMPTY;
      return nodes.optional(nodes.word(nodes.text("."), nodes.wordRepeat(nodes.text("0"), 1, UNLIMITED)));
    }
    if (this.#integer) return EMPTY;
    const any = nodes.wordRepeat(digit, 0, UNLIMITED);
    let node = is_open ? NEVER : nodes.wordRepeat(nodes.text("0"), 0, UNLIMITED);
    for (let i = fraction.length - 1; i >= 0; i--)
      node = nodes.alt([
        // When all digits so far equal the bound's and the bound has more digits, the number may end, because it is
        // smaller.
        ...(i > 0 ? [EMPTY] : []),
        nodes.word(this.#digitsBetween(0, Number(fraction[i]) - 1), any),
        nodes.word(nodes.text(fraction[i] ?? ""), node),
      ]);
    return nodes.optional(nodes.word(nodes.text("."), node));
  }

  #digitsBetween(from: number, to: number): number {
    return from > to ? NEVER : this.#lexemes.nodes.range(0x30 + from, 0x30 + to);
  }
}

function requireShort(whole: string, fraction: string): void {
  if (whole.length + fraction.length > DIGITS_MAX)
    throw new Problem("grammar_too_large", `a bound may have at most ${DIGITS_MAX} digits, got more`);
}

/** The number of remainders that must be distinguished; 10^k needs none, because its multiples end in zeros. */
function remaindersOf(multiple: number, integer: boolean): number {
  const decimal = decimalOf(multiple);
  if (powerOfTen(decimal) !== undefined) return 1;
  const places = decimal.fraction.length;
  return Number(scaled(decimal, places) * BigInt(integer ? 1 : places + 1));
}

/** k for the number 10^k; undefined for any other number. */
function powerOfTen({ whole, fraction }: Decimal): number | undefined {
  if (fraction === "" && /^10*$/.test(whole)) return whole.length - 1;
  return whole === "0" && /^0*1$/.test(fraction) ? -fraction.length : undefined;
}

/** Multiples of 10^k: trailing zeros in the whole part, or at most −k digits after the point. */
function multiplesOfPower({ nodes, digit, integer }: Lexemes, power: number, only_whole: boolean): number {
  const zero = nodes.text("0");
  const point = nodes.text(".");
  const zeros = nodes.wordRepeat(zero, 0, UNLIMITED);
  const whole_fraction = only_whole
    ? EMPTY
    : nodes.optional(nodes.word(point, nodes.wordRepeat(zero, 1, UNLIMITED)));
  if (power < 0 && !only_whole) {
    const behind = nodes.word(nodes.wordRepeat(digit, 1, -power), zeros);
    return nodes.word(integer, nodes.optional(nodes.word(point, behind)));
  }
  if (power <= 0) return nodes.word(integer, whole_fraction);
  const minus = nodes.optional(nodes.text("-"));
  const many = nodes.word(
    nodes.range(0x31, 0x39),
    nodes.wordRepeat(digit, 0, UNLIMITED),
    nodes.wordRepeat(zero, power, power),
  );
  return nodes.word(minus, nodes.alt([zero, many]), whole_fraction);
}

/**
 * Multiples: the state is the remainder so far. If the divisor m has d decimal places, the number times 10^d is divided
 * by m · 10^d; digits after those places must be zeros.
 */
function* multiplesOf(
  lexemes: Lexemes,
  rules: Rules,
  integer: boolean,
  multiple: number,
): Generator<undefined, number> {
  const { nodes } = lexemes;
  const decimal = decimalOf(multiple);
  const places = decimal.fraction.length;
  const power = powerOfTen(decimal);
  if (power !== undefined) return multiplesOfPower(lexemes, power, integer);
  const divisor = scaled(decimal, places);
  const size = Number(divisor);
  const ten_to = (power: number) => Number(10n ** BigInt(power) % divisor);
  const first = rules.count;
  for (let i = 0; i < size * (integer ? 1 : places + 1); i++) rules.declare("multipleOf");
  const stateAt = (behind: number, remainder: number) => nodes.call(first + behind * size + remainder);
  const zeros = nodes.wordRepeat(nodes.text("0"), 0, UNLIMITED);
  const digitsTo = (behind: number, remainder: number, digits: readonly number[]) =>
    digits.map((digit) =>
      nodes.word(nodes.range(0x30 + digit, 0x30 + digit), stateAt(behind, (remainder * 10 + digit) % size)),
    );
  const DIGITS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
  for (let behind = 0; behind <= (integer ? 0 : places); behind++)
    for (let remainder = 0; remainder < size; remainder++) {
      const is_end = (remainder * ten_to(places - behind)) % size === 0;
      const ended = is_end ? [behind === places && behind > 0 ? zeros : EMPTY] : [];
      const further = behind === 0 ? 0 : behind + 1;
      const more = further <= places ? digitsTo(further, remainder, DIGITS) : [];
      const point = behind === 0 && !integer ? [pointed(remainder, is_end)] : [];
      rules.define(first + behind * size + remainder, nodes.alt([...ended, ...more, ...point]));
      if (nodes.effort.isDue()) yield;
    }
  function pointed(remainder: number, is_end: boolean): number {
    const dot = nodes.text(".");
    if (places > 0) return nodes.word(dot, nodes.alt(digitsTo(1, remainder, DIGITS)));
    return is_end ? nodes.word(dot, nodes.wordRepeat(nodes.text("0"), 1, UNLIMITED)) : NEVER;
  }
  return nodes.word(nodes.optional(nodes.text("-")), nodes.alt(digitsTo(0, 0, DIGITS)));
}
