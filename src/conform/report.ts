/** The report of the suite: counts by section, and the mistakes that explain the failures. */
import { type Choice, VERDICTS, type Verdict, type VerdictKind } from "./judge.ts";
import type { Vector } from "./vectors.ts";

export interface Judged {
  /** a line of the suite, or a case of a running engine */
  readonly vector: Pick<Vector, "id" | "section" | "rule"> & Partial<Vector>;
  readonly verdict: Verdict;
}

/** A mistake that explains failures. */
export interface Suspect {
  readonly says: string;
  readonly explains: number;
  /** number of cases that would fail with this mistake, but passed or failed differently */
  readonly contradicted: number;
  /** ids of some of the failures */
  readonly examples: readonly string[];
}

export type Counts = Readonly<Record<VerdictKind, number>>;

export interface Report {
  readonly name: string;
  /** true when nothing failed, and something was supported */
  readonly passed: boolean;
  readonly counts: Counts;
  /** in the order of the suite */
  readonly sections: ReadonlyMap<string, Counts>;
  readonly suspects: readonly Suspect[];
  /** the host's documented choices that explain another answer, with how many cases */
  readonly choices: ReadonlyMap<Choice, number>;
  /** ids of failures that no mistake explains */
  readonly unexplained: readonly string[];
  readonly judged: readonly Judged[];
}

export function reportOf(name: string, judged: readonly Judged[]): Report {
  const sections = new Map<string, Judged[]>();
  for (const each of judged) {
    const { section } = each.vector;
    const before = sections.get(section);
    if (before === undefined) sections.set(section, [each]);
    else before.push(each);
  }
  const counts = countsOf(judged);
  const suspects = suspectsIn(judged);
  return {
    name,
    passed:
      counts.passed + counts.tie + counts.rounding + counts.choice > 0 && counts.failed + counts.error === 0,
    counts,
    sections: new Map([...sections].map(([section, own]) => [section, countsOf(own)])),
    suspects,
    choices: tallied(judged.map(({ verdict: { choice } }) => (choice === undefined ? [] : [choice]))),
    unexplained: unexplainedIn(judged, new Set(suspects.map(({ says }) => says))),
    judged,
  };
}

function countsOf(judged: readonly Judged[]): Counts {
  const counts = Object.fromEntries(VERDICTS.map((kind) => [kind, 0])) as Record<VerdictKind, number>; // each of them
  for (const { verdict } of judged) counts[verdict.kind]++;
  return counts;
}

function unexplainedIn(judged: readonly Judged[], known: ReadonlySet<string>): string[] {
  return judged
    .filter(
      ({ verdict: { kind, as } }) =>
        kind === "error" || (kind === "failed" && !as.some((says) => known.has(says))),
    )
    .map(({ vector }) => vector.id);
}

const SUSPECTS_MAX = 12;
const EXAMPLES = 3;

/**
 * The mistakes that explain most failures, one after the other. Each is the one that explains most of the remaining
 * failures, minus the cases that contradict it. A mistake that more cases contradict than support is left out.
 */
function suspectsIn(judged: readonly Judged[]): Suspect[] {
  const contradicted = tallied(judged.map(({ verdict }) => verdict.not_as));
  const suspects: Suspect[] = [];
  let left = judged.filter(({ verdict }) => verdict.as.length > 0);
  while (left.length > 0 && suspects.length < SUSPECTS_MAX) {
    const [says, explains] = mostTelling(tallied(left.map(({ verdict }) => verdict.as)), contradicted);
    const against = contradicted.get(says) ?? 0;
    if (explains < against) break;
    const own = left.filter(({ verdict }) => verdict.as.includes(says)).map(({ vector }) => vector.id);
    suspects.push({ says, explains, contradicted: against, examples: own.slice(0, EXAMPLES) });
    left = left.filter(({ verdict }) => !verdict.as.includes(says));
  }
  return suspects;
}

/** How many of the lists have each entry. */
function tallied<Entry>(lists: readonly (readonly Entry[])[]): Map<Entry, number> {
  const tally = new Map<Entry, number>();
  for (const list of lists) for (const each of new Set(list)) tally.set(each, (tally.get(each) ?? 0) + 1);
  return tally;
}

/**
 * The mistake with the most support minus contradictions; of equals the one with more support, then the
 * first.
 */
function mostTelling(
  support: ReadonlyMap<string, number>,
  contradicted: ReadonlyMap<string, number>,
): readonly [says: string, explains: number] {
  let best: readonly [string, number] = ["", 0];
  let surplus = Number.NEGATIVE_INFINITY;
  for (const [says, explains] of support) {
    const own = explains - (contradicted.get(says) ?? 0);
    if (own < surplus || (own === surplus && explains <= best[1])) continue;
    best = [says, explains];
    surplus = own;
  }
  return best;
}
