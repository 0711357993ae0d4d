/**
 * Verified drafts: `strict` gives the bytes of single steps, `rejection` and `block` give the target's distribution,
 * and the same counts detect wrong versions of these methods.
 */

import { SIBLINGS } from "../../src/sampling/verify/draft-law.ts";
import { ensemble } from "../../src/sampling/verify/ensemble.ts";
import { VERIFY_METHODS } from "../../src/sampling/verify/index.ts";
import type { VerifyMethod } from "../../src/sampling/verify/method.ts";
import { typical } from "../../src/sampling/verify/typical.ts";
import type { Proof, Report } from "../proof.ts";
import { goodnessOfFit, P_MIN } from "../statistics/chi-square.ts";
import { fitOf, MARKED_TREE, type MarkedWorld } from "./marked.ts";
import { compareWithSteps } from "./step-by-step.ts";
import { countTranslated, expectedTranslated, type TranslatedCourse } from "./translated.ts";
import {
  type Course,
  count,
  expected,
  expectedEnsemble,
  expectedTypical,
  PARENTS,
  type Threshold,
  TOLD,
  WIDTHS,
} from "./world.ts";
import { WRONG } from "./wrong.ts";

export const VERIFY: Proof = {
  name: "verify",
  promise: "a draft changes no token (strict) or no probability (rejection, block)",
  async run({ long, seed }, report) {
    const drafts = long ? 10_000 : 1000;
    const { differences, positions, refused } = compareWithSteps(drafts, seed);
    for (const line of differences.slice(0, 3)) report.note(line);
    report.claim(
      `${drafts} drafts under chains of every stage give the bytes of single steps`,
      differences.length === 0,
      `${differences.length} differ of ${positions} positions; ${refused} drafts refused as their steps are`,
    );
    const sequences = long ? 1_000_000 : 20_000;
    for (const method of VERIFY_METHODS.filter(({ preserves }) => preserves === "distribution"))
      for (const told of TOLD)
        for (const width of WIDTHS) fits(report, { method, told, width, drafted: 3, sequences, seed });
    for (const course of TREES)
      for (const width of WIDTHS) fits(report, { ...course, width, drafted: 0, sequences, seed });
    for (const width of WIDTHS) {
      const course = { method: ensemble, told: "logits", width, drafted: 3, sequences, seed } as const;
      fits(
        report,
        { ...course, options: { ensemble_weight: 0.6 } },
        expectedEnsemble(width, 0.6, 3),
        "as the mixture",
      );
    }
    for (const width of WIDTHS)
      for (const parents of [[-1, 0, 1], PARENTS])
        for (const threshold of THRESHOLDS) isTypical(report, { width, parents, threshold, sequences, seed });
    for (const course of TRANSLATED) isTranslated(report, { ...course, sequences, seed });
    for (const world of MARKED) isMarked(report, world, MARKED_TEXTS[long ? "long" : "short"]);
    for (const method of WRONG) isFound(report, method, seed, Math.min(sequences, 100_000));
  },
};

/** Drafts that branch, under every method that keeps the tokens or their distribution and accepts trees. */
const TREES = VERIFY_METHODS.filter(
  ({ preserves, looksAhead }) => preserves !== "nothing" && !looksAhead,
).flatMap((method) =>
  TOLD.filter((told) => told === "none" || method.readsDraft).flatMap((told) =>
    SIBLINGS.filter((siblings) => told !== "none" || siblings === "independent").map((siblings) => ({
      method,
      told,
      parents: PARENTS,
      ...(told !== "none" && { siblings }),
    })),
  ),
);

/** Medusa's, and one that refuses about half of the drafts of this world. */
const THRESHOLDS: readonly Threshold[] = [
  { epsilon: 0.09, delta: 0.3 },
  { epsilon: 0.25, delta: 1 },
];

interface TypicalCourse extends Pick<Course, "width" | "sequences" | "seed"> {
  readonly parents: readonly number[];
  readonly threshold: Threshold;
}

function isTypical(report: Report, { width, parents, threshold, sequences, seed }: TypicalCourse): void {
  const course = { method: typical, told: "none", is_drawn: true, drafted: 0 } as const;
  fits(
    report,
    { ...course, parents, width, sequences, seed, options: { ...threshold } },
    expectedTypical(width, threshold, parents),
    `as ε ${threshold.epsilon}, δ ${threshold.delta} say`,
  );
}

/** Drafters with another vocabulary, under every method that keeps the tokens or their distribution. */
const TRANSLATED = VERIFY_METHODS.filter(({ preserves }) => preserves !== "nothing").flatMap((method) => [
  { method: method.name, match: "text", told: "none" } as const,
  ...TOLD.filter((told) => told === "none" || method.readsDraft).map(
    (told) => ({ method: method.name, match: "tokens", told }) as const,
  ),
]);

function isTranslated(report: Report, course: TranslatedCourse): void {
  const { counts, accepted_a_call } = countTranslated(course);
  const law = expectedTranslated();
  const { cells, p_chi, p_g } = goodnessOfFit(counts, law);
  const impossible = counts.reduce((sum, count, i) => sum + (law[i] === 0 ? count : 0), 0);
  report.claim(
    `${course.method}: ${course.sequences} texts with a drafter of another vocabulary, draft_match ${course.match}, draft_rows ${course.told}, are distributed as without`,
    Math.min(p_chi, p_g) > LEVEL && impossible === 0,
    `${cells} cells, ${impossible} impossible texts, p ${p_chi.toPrecision(3)} (χ²) and ${p_g.toPrecision(3)} (G), ${accepted_a_call.toFixed(3)} accepted a call`,
  );
}

/** A text under a mark takes several times as long as one without: each has a key of its own. */
const MARKED_TEXTS = { short: 4000, long: 100_000 };

const MARKED: readonly MarkedWorld[] = [
  ...["rejection", "block"].flatMap((method) =>
    (
      [
        ["gumbel", undefined],
        ["dual_key_gumbel", "key_a"],
      ] as const
    ).map(([scheme, drafter]) => ({ vocab_size: 5, top_k: 3, method, scheme, drafter })),
  ),
  ...(
    [
      ["gumbel", undefined, "independent"],
      ["gumbel", undefined, "without_replacement"],
      ["dual_key_gumbel", undefined, "independent"],
      ["dual_key_gumbel", "key_a", "without_replacement"],
    ] as const
  ).map(([scheme, drafter, siblings]) => ({
    ...{ vocab_size: 5, top_k: 3, method: "rejection", scheme, drafter },
    ...{ siblings, parents: MARKED_TREE },
  })),
];

function isMarked(report: Report, world: MarkedWorld, texts: number): void {
  const { cells, p_chi, p_g, impossible, accepted } = fitOf(world, texts);
  const { method, scheme, drafter = "no key", siblings } = world;
  const shape = siblings === undefined ? "drafts" : `trees, siblings ${siblings},`;
  report.claim(
    `${method}: ${texts} texts under ${scheme}, ${shape} by ${drafter}, are distributed over keys as without a mark`,
    Math.min(p_chi, p_g) > LEVEL && impossible === 0,
    `${cells} cells, ${impossible} impossible texts, p ${p_chi.toPrecision(3)} (χ²) and ${p_g.toPrecision(3)} (G), ${accepted.toFixed(3)} accepted a text`,
  );
}

/** A right method falls below this in one of a thousand tests; the seed is fixed. */
const LEVEL = 1e-3;

function fits(report: Report, course: Course, law = expected(course.width), what = "as without"): void {
  const { counts, accepted_a_call } = count(course);
  const { p_chi, p_g, cells } = goodnessOfFit(counts, law);
  // The fit leaves out cells that expect nothing.
  const impossible = counts.reduce((sum, count, i) => sum + (law[i] === 0 ? count : 0), 0);
  const shape = course.parents === undefined ? "a draft" : "a tree";
  const siblings = course.siblings === undefined ? "" : `, siblings ${course.siblings}`;
  const told =
    course.told === "none"
      ? `${shape} of which nothing is told`
      : `${shape} with its ${course.told}${siblings}`;
  report.claim(
    `${course.method.name}: ${course.sequences} sequences of ${told}, ${course.width} rows, are distributed ${what}`,
    Math.min(p_chi, p_g) > P_MIN && impossible === 0,
    `${cells} cells, ${impossible} impossible sequences, p ${p_chi.toPrecision(3)} (χ²) and ${p_g.toPrecision(3)} (G), ${accepted_a_call.toFixed(3)} accepted a call`,
  );
}

function isFound(report: Report, method: VerifyMethod, seed: number, sequences: number): void {
  const { counts } = count({ method, told: "probabilities", width: "narrow", drafted: 3, sequences, seed });
  const { p_chi, p_g } = goodnessOfFit(counts, expected("narrow"));
  report.claim(
    `detected: ${method.name}`,
    Math.max(p_chi, p_g) < P_MIN,
    `p ${p_chi.toPrecision(3)} (χ²) and ${p_g.toPrecision(3)} (G)`,
  );
}
