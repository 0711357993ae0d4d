/**
 * Differences at bounds: a token exactly at a bound is removed or kept, a count is off by one, a number is read as its
 * complement.
 */
import type { Explanation } from "../explanation.ts";
import { eachNumber } from "./numbers.ts";

/** Larger than the rounding of float32, and smaller than the difference of any two tokens that matter. */
const HAIR = 2e-5;

/** Options that are a bound: the minimum that a token needs, or the mass that is kept. */
const BOUNDS: Readonly<Record<string, "least" | "mass">> = {
  min_p: "least",
  epsilon_cutoff: "least",
  eta_cutoff: "least",
  top_a: "least",
  p_step: "least",
  xtc_threshold: "least",
  top_p: "mass",
  typical_p: "mass",
  top_h: "mass",
  tfs: "mass",
};

export const at_bound: Explanation = {
  name: "at_bound",
  summary:
    "A token exactly at a bound is removed where it should be kept, or kept where it should be removed.",
  propose: (step) =>
    eachNumber(step, (name, value) => {
      if (!Object.hasOwn(BOUNDS, name)) return [];
      const wider = BOUNDS[name] === "mass" ? 1 + HAIR : 1 - HAIR;
      return [
        {
          value: value * (2 - wider),
          says: `as if a token exactly at the bound of ${name} were removed`,
          kind: "bound",
        },
        {
          value: value * wider,
          says: `as if a token exactly at the bound of ${name} were kept`,
          kind: "bound",
        },
      ];
    }),
};

export const off_by_one: Explanation = {
  name: "off_by_one",
  summary: "A whole number counts one more or one less than it should.",
  propose: (step) =>
    eachNumber(step, (name, value, is_whole) =>
      (is_whole ? [value - 1, value + 1] : []).map((other) => ({
        value: other,
        says: `as if ${name} were one ${other > value ? "more" : "less"}`,
        kind: "number",
      })),
    ),
};

export const other_reading: Explanation = {
  name: "other_reading",
  summary: "A number is read as its complement, its inverse, its negative, its square or a percentage.",
  propose: (step) =>
    eachNumber(step, (name, value, is_whole) =>
      (is_whole ? [] : READINGS).map(({ read, words }) => ({
        value: read(value),
        says: `as if ${name} were ${words}`,
        kind: "number",
      })),
    ),
};

const READINGS = [
  { read: (x: number) => 1 - x, words: "1 minus its value" },
  { read: (x: number) => 1 / x, words: "1 over its value" },
  { read: (x: number) => -x, words: "of the other sign" },
  { read: (x: number) => x * x, words: "squared" },
  { read: (x: number) => x / 100, words: "a percentage" },
  { read: (x: number) => x / 10_000, words: "in units of 1e-4" },
];

/**
 * Lengths of the hosts' windows over the history: llama.cpp 64, mlx-lm 20, text-generation-webui 1024, all, none.
 */
const WINDOWS = [-1, 64, 20, 1024, 0];

export const other_window: Explanation = {
  name: "other_window",
  summary: "A penalty looks back as far as another host's does.",
  propose: (step) =>
    eachNumber(step, (name) =>
      (name.endsWith("last_n") ? WINDOWS : []).map((value) => ({
        value,
        says: `as if ${name} were ${value}`,
        kind: "scope",
      })),
    ),
};
