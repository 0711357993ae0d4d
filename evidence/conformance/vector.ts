/**
 * A test case of the suite as a line of ndjson: a question, the answer by the definition, and the answers of known
 * mistakes.
 */

/** −Infinity is null. A list of numbers, or the bytes of float32 or float16 numbers, least significant first. */
export type RowField =
  | readonly (number | null)[]
  | { readonly f32: string }
  | { readonly f16: string }
  | { readonly length: number; readonly fill: number; readonly values: Readonly<Record<string, number>> };

/** What every line has. */
export interface Line {
  /** unique in the suite, and the same in later versions */
  readonly id: string;
  readonly section: string;
  /** the kind of question, which decides the fields of question and answer */
  readonly task: string;
  /** the rule under test, by its name in docs/samplers.md */
  readonly rule: string;
  /** the case in one sentence */
  readonly about: string;
  /** where the rule is written */
  readonly why: string;
  readonly [field: string]: unknown;
}

/** The answer of a known mistake: a runner that gets this answer can name the mistake. */
export interface Otherwise {
  /** the mistakes that give this answer, the likeliest first */
  readonly as: readonly string[];
  readonly [field: string]: unknown;
}

export interface Section {
  readonly name: string;
  /** one sentence for the README and reports */
  readonly about: string;
  /** files by name without the ending, each with its lines */
  files(): Readonly<Record<string, readonly Line[]>>;
}

/** Numbers in the answer of a mistake: few digits are enough to distinguish it. */
export function short(p: number): number {
  return Number(p.toPrecision(4));
}

export function rowField(row: readonly number[]): (number | null)[] {
  return row.map((x) => (Number.isFinite(x) ? x : null));
}

/** "all" stands for the ids of a whole row. */
export function allOr(kept: readonly number[], length: number): readonly number[] | "all" {
  return kept.length === length ? "all" : kept;
}
