/** Rows of the suite: some that can be checked by hand, and random ones with three decimals. */
import type { Seeded } from "../../evidence/seeded.ts";

export interface NamedRow {
  readonly about: string;
  readonly row: readonly number[];
}

const X = Number.NEGATIVE_INFINITY;
/** Logits of probabilities, rounded to float32. */
const ln = (...p: readonly number[]) => p.map((each) => Math.fround(Math.log(each)));

/** Probabilities that are easy to add up. */
export const HAND: readonly NamedRow[] = [
  { about: "probabilities 0.4, 0.3, 0.15, 0.1, 0.05", row: ln(0.4, 0.3, 0.15, 0.1, 0.05) },
  { about: "the same in another order: 0.1, 0.4, 0.05, 0.3, 0.15", row: ln(0.1, 0.4, 0.05, 0.3, 0.15) },
  { about: "four equal tokens", row: [1, 1, 1, 1] },
  { about: "a tie below the best: 2, 1, 1, 1, 0", row: [2, 1, 1, 1, 0] },
  { about: "a masked token among five", row: [0.5, X, 2, 1, -0.5] },
  { about: "all but one masked", row: [X, X, -3, X] },
  { about: "one token far above the rest: 20, 0, 0, -1", row: [20, 0, 0, -1] },
  { about: "negative logits only", row: [-1, -2, -2.5, -4, -1.5, -3] },
];

const KINDS = ["spread", "spread", "spread", "tied", "masked", "peaked", "near"] as const;

/**
 * A row of numbers with three decimals. They are the same in float32 and float64 up to a rounding that is far smaller
 * than the distance to any bound.
 */
export function randomRow(random: Seeded): number[] {
  const size = random.oneIn(12) ? 30 + random.below(20) : 4 + random.below(9);
  const kind = random.pick(KINDS);
  const width = random.pick([0.6, 1.5, 3]);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random.unit())) * Math.cos(2 * Math.PI * random.unit());
  const one = () =>
    kind === "tied" ? Math.round(normal() * 3) / 2 : Math.round(normal() * width * 1000) / 1000;
  const row = Array.from({ length: size }, one);
  if (kind === "peaked") row[random.below(size)] = 6 + random.below(5);
  if (kind === "near") return row.map((x) => Math.round((2 + x / 4) * 1000) / 1000);
  if (kind !== "masked") return row;
  const masked = row.map((x) => (random.oneIn(4) ? X : x));
  masked[random.below(size)] = 1;
  return masked;
}

export interface Sequence {
  readonly history: readonly number[];
  readonly prompt_length: number;
}

/** Ids of a small row, with repeats; some of them are the prompt. */
export function randomSequence(random: Seeded, size: number): Sequence {
  const length = 3 + random.below(9);
  const words = Math.min(size, 2 + random.below(5));
  const history = Array.from({ length }, () => random.below(words));
  return { history, prompt_length: 1 + random.below(length - 1) };
}
