/** What came of the suite: counts by section, and the mistakes that explain the failures best. */
import type { Verdict, VerdictKind } from "./judge.ts";
import type { Vector } from "./vectors.ts";

export interface Judged {
  readonly vector: Vector;
  readonly verdict: Verdict;
}

export type Counts = Readonly<Record<VerdictKind, number>>;

export interface SectionResult {
  readonly section: string;
  readonly counts: Counts;
}

/** A mistake that explains failures. */
export interface Suspect {
  readonly says: string;
  /** failures that it explains */
  readonly explains: number;
  /** cases that would have failed by it, and did not, or otherwise */
  readonly contradicted: number;
  /** ids of some of the failures */
  readonly examples: readonly string[];
}

export interface Tally {
  readonly counts: Counts;
  readonly sections: readonly SectionResult[];
  readonly suspects: readonly Suspect[];
  /** failures and errors that no known mistake explains */
  readonly unexplained: readonly string[];
}

export const VERDICTS: readonly VerdictKind[] = [
  "passed",
  "tie",
  "rounding",
  "failed",
  "not_supported",
  "error",
];

export function tally(judged: readonly Judged[]): Tally {
  const names = [...new Set(judged.map(({ vector }) => vector.section))];
  const of = (list: readonly Judged[]): Counts =>
    Object.fromEntries(
      VERDICTS.map((kind) => [kind, list.filter(({ verdict }) => verdict.kind === kind).length]),
    ) as Record<VerdictKind, number>; // every kind
  const suspects = suspectsOf(judged);
  const explained = new Set(suspects.map(({ says }) => says));
  return {
    counts: of(judged),
    sections: names.map((section) => ({
      section,
      counts: of(judged.filter(({ vector }) => vector.section === section)),
    })),
    suspects,
    unexplained: judged
      .filter(
        ({ verdict: { kind, as } }) =>
          kind === "error" || (kind === "failed" && !as.some((says) => explained.has(says))),
      )
      .map(({ vector }) => vector.id),
  };
}

const EXAMPLES = 3;
const SUSPECTS_MAX = 12;

/**
 * The mistakes that explain most failures, one after the other: each time the one that explains most of what is left, less
 * what speaks against it. A mistake that more cases contradict than support is no suspect.
 */
function suspectsOf(judged: readonly Judged[]): Suspect[] {
  const contradicted = new Map<string, number>();
  for (const { verdict } of judged)
    for (const says of new Set(verdict.not_as)) contradicted.set(says, (contradicted.get(says) ?? 0) + 1);
  let left = judged.filter(({ verdict }) => verdict.as.length > 0);
  const suspects: Suspect[] = [];
  while (left.length > 0 && suspects.length < SUSPECTS_MAX) {
    const support = new Map<string, number>();
    for (const { verdict } of left)
      for (const says of new Set(verdict.as)) support.set(says, (support.get(says) ?? 0) + 1);
    const weight = ([says, count]: readonly [string, number]) => count - (contradicted.get(says) ?? 0);
    const [best] = [...support].sort((a, b) => weight(b) - weight(a) || b[1] - a[1]);
    if (best === undefined || weight(best) < 0) break;
    const [says, explains] = best;
    const own = left.filter(({ verdict }) => verdict.as.includes(says));
    const examples = own.slice(0, EXAMPLES).map(({ vector }) => vector.id);
    suspects.push({ says, explains, contradicted: contradicted.get(says) ?? 0, examples });
    left = left.filter(({ verdict }) => !verdict.as.includes(says));
  }
  return suspects;
}
