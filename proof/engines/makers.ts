/** Parts of random options: numbers with three decimals, and ids among the first twelve of a row. */
import type { Seeded } from "../../evidence/seeded.ts";
import type { Maker } from "./host.ts";

export const between =
  (low: number, high: number): Maker =>
  (random) =>
    Math.round((low + (high - low) * random.unit()) * 1000) / 1000;
export const whole =
  (low: number, high: number): Maker =>
  (random) =>
    low + random.below(high - low + 1);
export const oneOf =
  (...values: readonly unknown[]): Maker =>
  (random) =>
    random.pick(values);

export const id = (random: Seeded, size: number) => random.below(Math.min(size, 12));
export const ids = (random: Seeded, size: number, most: number) =>
  Array.from({ length: 1 + random.below(most) }, () => id(random, size));

export const temperature = between(0.1, 2);
export const top_p: Maker = (random, size) =>
  random.oneIn(6) ? random.pick([0.25, 0.5, 0.75]) : between(0.02, 0.999)(random, size);
export const top_k: Maker = (random, size) => 1 + random.below(random.oneIn(3) ? size : Math.min(size, 8));
export const min_p = between(0.001, 0.6);
export const repetition_penalty = between(0.6, 1.8);
export const additive = between(-2, 2);
export const logit_bias: Maker = (random, size) =>
  Object.fromEntries(
    ids(random, size, 3).map((token) => [token, random.oneIn(4) ? "-inf" : between(-5, 5)(random, size)]),
  );
export const bad_words_ids: Maker = (random, size) =>
  Array.from({ length: 1 + random.below(3) }, () => ids(random, size, 3));
export const distinct: Maker = (random, size) => [...new Set(ids(random, size, 3))];
export const allowed: Maker = (random, size) => [...new Set(ids(random, size, 6))].toSorted((a, b) => a - b);
export const min_tokens = whole(1, 30);
