/** Several rows that are combined into one: guidance, contrast, mixtures. */
import fc from "fast-check";
import { type Line, rowField, type Section, short } from "../../../evidence/conformance/vector.ts";
import { seeded } from "../../../evidence/seeded.ts";
import { RULES } from "../../../src/sampling/combine/index.ts";
import { COMBINATIONS, combinedScores } from "../../../test/reference/combine.ts";
import type { Fields } from "../../../test/reference/sources.ts";
import { answerOf, isSame, MARGIN, stepOf, TOLERANCE } from "../definition.ts";

const RANDOM = 30;

function distributionOf(rows: readonly (readonly number[])[], combine: Fields) {
  const row = [...combinedScores(rows, combine).scores];
  return answerOf(stepOf({ chain: [], row }), row);
}

/** The rule with other conventions, or with its sources in another order. */
function mistakes(rows: readonly (readonly number[])[], combine: Fields) {
  const others = ["log_softmax", "raw", "from_zero"].map((convention) => ({
    as: `as if the convention were ${convention}`,
    rows,
    combine: { ...combine, convention },
  }));
  const { weights: _, ...unweighted } = combine;
  return [
    { as: "as if the sources stood in the other order", rows: rows.toReversed(), combine },
    { as: "as if only the first source counted", rows: rows.slice(0, 1), combine: { rule: "product" } },
    ...(combine["rule"] === "guidance" ? others : []),
    ...("weights" in combine ? [{ as: "as if weights were equal", rows, combine: unweighted }] : []),
  ];
}

function lines(): Line[] {
  return RULES.flatMap(({ name, source }, at) => {
    const reference = COMBINATIONS[name];
    if (reference === undefined) throw new Error(`the reference has no rule ${name}`);
    const drawn = fc.sample(fc.tuple(reference.options, reference.sources), {
      seed: 29,
      numRuns: 8 * RANDOM,
    });
    const found: Line[] = [];
    for (const [i, [options, sources]] of drawn.entries()) {
      if (found.length >= RANDOM) break;
      const random = seeded(288, at * 1000 + i);
      const size = 3 + random.below(6);
      const rows = Array.from({ length: sources }, () =>
        Array.from({ length: size }, () => Math.round((random.unit() * 8 - 4) * 100) / 100),
      );
      const numbers = Object.fromEntries(
        Object.entries(options).map(([key, x]) => [
          key,
          typeof x === "number" ? Math.round(x * 100) / 100 : x,
        ]),
      );
      const weighted = ["mixture", "product"].includes(name) && i % 2 === 1;
      const combine: Fields = { rule: name, ...numbers, ...(weighted && { weights: weightsOf(sources) }) };
      if (numbers["alpha"] === 0 || numbers["relative_top"] === 0) continue;
      const answer = distributionOf(rows, combine);
      if (answer.kept.length === 0 || isNearFloor(rows, combine, answer.kept.length)) continue;
      found.push({
        id: `${name}-${String(found.length + 1).padStart(3, "0")}`,
        section: "combinations",
        task: "combine",
        rule: name,
        about: `${sources} rows by ${name}`,
        combine,
        rows: rows.map(rowField),
        kept: answer.kept,
        probabilities: answer.probabilities,
        tolerance: TOLERANCE,
        otherwise: mistakes(rows, combine)
          .map(({ as, ...other }) => ({ as: [as], ...distributionOf(other.rows, other.combine) }))
          .filter((other) => other.kept.length > 0 && !isSame(other, answer))
          .map(({ as, kept, probabilities }) => ({ as, kept, probabilities: probabilities.map(short) })),
        why: `${source.title}, ${source.url}`,
      });
    }
    return found;
  });
}

/** Multiples of 0.01 that add up to 1. */
function weightsOf(sources: number): number[] {
  const first = Math.round(100 / sources / 2) / 100;
  const others = Math.floor((100 * (1 - first)) / Math.max(1, sources - 1)) / 100;
  const weights = [first, ...new Array<number>(sources - 1).fill(others)];
  const last = weights.at(-1) as number; // there is one
  const rest = 1 - weights.slice(0, -1).reduce((sum, w) => sum + w, 0);
  return [...weights.slice(0, -1), Math.round((sources > 1 ? rest : last) * 100) / 100];
}

/** For rules with a floor below the best token: whether a slightly different floor keeps other tokens. */
function isNearFloor(rows: readonly (readonly number[])[], combine: Fields, kept: number): boolean {
  return (["alpha", "relative_top"] as const).some((name) => {
    const value = combine[name];
    if (typeof value !== "number") return false;
    return [1 - MARGIN, 1 + MARGIN].some(
      (factor) => distributionOf(rows, { ...combine, [name]: value * factor }).kept.length !== kept,
    );
  });
}

export const combinations: Section = {
  name: "combinations",
  about: "Several rows that are made one, by each rule.",
  files: () => ({ combinations: lines() }),
};
