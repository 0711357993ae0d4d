/** Options and checks that several rules share. */
import { Problem } from "../../../errors.ts";
import { SOURCES_MAX } from "../../../kernels/kernel.ts";
import { listOf } from "../../options/counted-fields.ts";
import { finite } from "../../options/fields.ts";

/** Which tokens of the first source may be drawn. */
export function leastShare(standard: number) {
  return finite({ min: 0, openMin: true, max: 1 })
    .default(standard)
    .describe(
      "Keeps only the tokens whose probability in the first source is at least this share of the largest one. 1 keeps only the most likely. Usual: 0.1.",
    );
}

/** The weight of each source. */
export function weightOfEach(meaning: string) {
  return listOf(finite({ min: 0 }), { noun: "numbers", min: 2, max: SOURCES_MAX })
    .optional()
    .describe(`The weight of each source: ${meaning}. Default: equal weights.`);
}

/** There is one weight for each source. */
export function requireOneEach(weights: readonly number[] | undefined, sources: number): void {
  if (weights === undefined || weights.length === sources) return;
  throw new Problem(
    "length_mismatch",
    `weights must hold a number for each of ${sources} sources, got ${weights.length}`,
    "/weights",
  );
}

/** The weights that were given, or equal ones that sum to 1. */
export function weightsFor(weights: readonly number[] | undefined, sources: number): readonly number[] {
  return weights ?? Array.from({ length: sources }, () => 1 / sources);
}
