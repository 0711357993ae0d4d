/**
 * Compares an answer with that of the suite. Differences that float32, an arbitrary choice among equal tokens or a
 * documented choice of the host explains are no failures; they have their own verdicts. A failure is reported with the known mistakes that give the same answer.
 */
import { wrongWith } from "./answers.ts";
import { type ByToken, countsIn, drawsOf, drawsWanted, mergedBy, unexplainedBy } from "./counts.ts";
import { ANSWERS, type Answer, type Vector } from "./vectors.ts";

/** In the order in which reports count them. */
export const VERDICTS = ["passed", "tie", "rounding", "choice", "failed", "not_supported", "error"] as const;
export type VerdictKind = (typeof VERDICTS)[number];

/** Another answer that a host gives by its own code or documentation: no failure. */
export interface Choice {
  readonly says: string;
  /** its own line */
  readonly where: string;
  /** the sentence of the suite for it */
  readonly as_if: string;
}

export interface Verdict {
  readonly kind: VerdictKind;
  /** for a failure: the known mistakes that give this answer */
  readonly as: readonly string[];
  /** for an error: its sentence; for counts: why they failed, or how many draws are missing */
  readonly detail?: string;
  /** the mistakes that the case can distinguish from the right answer, and that the answer does not show */
  readonly not_as: readonly string[];
  /** for a failure: the answer */
  readonly answer?: Answer;
  /** for another answer that is a choice of the host */
  readonly choice?: Choice;
}

/** The result of a tested program: an answer, no support for the rule, or a failure. */
export type Reply =
  | { readonly answer: Answer }
  | { readonly not_supported: true }
  | { readonly error: string };

/** Longest reported error sentence of a tested sampler. */
const DETAIL_LENGTH_MAX = 500;

/** Removes unpaired surrogates, which UTF-8 cannot hold, and truncates. */
export function shortened(text: string): string {
  return [...text.slice(0, 2 * DETAIL_LENGTH_MAX)]
    .slice(0, DETAIL_LENGTH_MAX)
    .join("")
    .replace(/\p{Surrogate}/gu, "\ufffd");
}

/** Tolerance for float32 in a long sum. */
const ROUNDING = 3e-4;
/** A probability below this is 0, or almost, in float32. */
const TINY = 1e-7;
/** Answers of known mistakes have four digits, and differ from the right one by more than this. */
const MISTAKE = 6e-4;

/** A failure that one of the host's choices explains has its own verdict. */
export function judge(vector: Vector, reply: Reply, choices: readonly Choice[] = []): Verdict {
  if ("not_supported" in reply) return { kind: "not_supported", as: [], not_as: [] };
  if ("error" in reply) return { kind: "error", as: [], not_as: [], detail: shortened(reply.error) };
  const { answer } = reply;
  const wrong = wrongWith(vector, answer);
  if (wrong !== undefined) return { kind: "error", as: [], not_as: [], detail: wrong };
  const kind = compare(vector, vector, answer, Number(vector["tolerance"] ?? 0));
  const drawn = drawnIn(vector, answer);
  const few = kind === "failed" || drawn === undefined ? undefined : tooFewDraws(vector, drawn);
  if (few !== undefined) return { kind: "not_supported", as: [], not_as: [], detail: few };
  const { otherwise = [] } = vector;
  // Counts that pass may fit a mistake too: the case does not distinguish it.
  const is_met = otherwise.map(
    (other) =>
      (kind === "failed" || drawn !== undefined) && compare(vector, other, answer, MISTAKE) !== "failed",
  );
  const as = otherwise.flatMap((other, i) => (kind === "failed" && is_met[i] ? other.as : []));
  const not_as = otherwise.flatMap((other, i) => (is_met[i] ? [] : other.as));
  const choice = choices.find(({ as_if }) => as.includes(as_if));
  if (choice !== undefined) return { kind: "choice", as: [], not_as, choice };
  if (kind !== "failed") return { kind, as, not_as };
  const detail = drawn && unexplainedBy(lawOf(vector), drawn);
  return { kind, as, not_as, answer, ...(detail !== undefined && { detail }) };
}

/** The counts of an answer that has them instead of probabilities. */
function drawnIn({ task }: Vector, { counts }: Answer): ByToken | undefined {
  const is_set = task === "distribution" || task === "combine";
  return is_set && (counts ?? undefined) !== undefined ? countsIn(counts) : undefined;
}

/** A pass of fewer draws than the test wants says nothing. A failure holds for any number of draws. */
function tooFewDraws(vector: Vector, drawn: ByToken): string | undefined {
  const [wanted, draws] = [drawsWanted(lawOf(vector).size), drawsOf(drawn)];
  return draws < wanted ? `${wanted} draws wanted, got ${draws}` : undefined;
}

/** The probabilities of the suite's answer, which has them in every case. */
function lawOf(right: Answer): ByToken {
  return setOf(right).p ?? new Map();
}

type Compared = "passed" | "tie" | "rounding" | "failed";

function compare(vector: Vector, right: Answer, answer: Answer, tolerance: number): Compared {
  const drawn = drawnIn(vector, answer);
  if (drawn !== undefined) return compareCounts(vector, lawOf(right), drawn);
  if (vector.task === "distribution" || vector.task === "combine")
    return compareSets(setOf(right), setOf(answer), groupsOf(vector), tolerance);
  const fields = (ANSWERS[vector.task] ?? []).filter((name) => right[name] !== undefined);
  return fields.every((name) => isEqual(right[name], answer[name], tolerance)) ? "passed" : "failed";
}

function compareCounts(vector: Vector, law: ByToken, drawn: ByToken): Compared {
  if (unexplainedBy(law, drawn) === undefined) return "passed";
  const groups = (vector["ties"] ?? []) as readonly (readonly [number, ...number[]])[]; // as the suite writes it
  const names = new Map(groups.flatMap((ids) => ids.map((id) => [id, ids[0]])));
  const merged = unexplainedBy(mergedBy(law, names), mergedBy(drawn, names));
  return groups.length > 0 && merged === undefined ? "tie" : "failed";
}

/** Numbers within a tolerance, relative to those above 1; lists place by place; everything else exactly. */
function isEqual(right: unknown, other: unknown, tolerance: number): boolean {
  if (Array.isArray(right))
    return (
      Array.isArray(other) &&
      right.length === other.length &&
      right.every((x, i) => isEqual(x, other[i], tolerance))
    );
  if (typeof right !== "number" || typeof other !== "number") return right === (other ?? null);
  return Math.abs(right - other) <= tolerance * Math.max(1, Math.abs(right));
}

/** Probabilities by id; undefined for an answer that is a set. */
export interface Left {
  readonly ids: readonly number[];
  readonly p: ReadonlyMap<number, number> | undefined;
}

/** The set of an answer of the right form. */
export function setOf({ kept, probabilities, counts }: Answer): Left {
  if ((counts ?? undefined) !== undefined) {
    const drawn = countsIn(counts);
    const draws = drawsOf(drawn);
    return { ids: [...drawn.keys()], p: new Map([...drawn].map(([id, n]) => [id, n / draws])) };
  }
  const p = (probabilities ?? undefined) as readonly number[] | undefined; // its form was looked at
  if ((kept ?? undefined) === undefined && p !== undefined) {
    const ids = p.flatMap((x, id) => (x > 0 ? [id] : []));
    return { ids, p: new Map(ids.map((id) => [id, p[id] as number])) }; // ids are its places
  }
  // "all" stands for the ids of a whole row.
  const ids = kept === "all" ? [...(p ?? []).keys()] : (kept as readonly number[]); // its form was looked at
  return { ids, p: p && new Map(ids.map((id, i) => [id, p[i] ?? 0])) };
}

function groupsOf({ ties }: Vector): ReadonlyMap<number, string> {
  const groups = (ties ?? []) as readonly (readonly number[])[]; // as the suite writes it
  return new Map(groups.flatMap((ids) => ids.map((id) => [id, `any of ${ids.join()}`])));
}

function compareSets(
  right: Left,
  other: Left,
  groups: ReadonlyMap<number, string>,
  tolerance: number,
): Compared {
  if (isSame(right, other, tolerance)) return "passed";
  if (isSame(grouped(right, groups), grouped(other, groups), tolerance)) return "tie";
  return isSame(grouped(large(right), groups), grouped(large(other), groups), Math.max(ROUNDING, tolerance))
    ? "rounding"
    : "failed";
}

/** Equally many tokens of each name, with the same probabilities. */
function isSame(right: Left | Named, other: Left | Named, tolerance: number): boolean {
  const [one, two] = [right, other].map((each) => ("ids" in each ? namedBy(each, String) : each)) as [
    Named,
    Named,
  ]; // two
  if (one.count.size !== two.count.size) return false;
  for (const [name, count] of one.count) {
    if (two.count.get(name) !== count) return false;
    const [p, q] = [one.p?.get(name), two.p?.get(name)];
    if (p !== undefined && q !== undefined && Math.abs(p - q) > tolerance) return false;
  }
  return true;
}

interface Named {
  readonly count: ReadonlyMap<string, number>;
  readonly p: ReadonlyMap<string, number> | undefined;
}

function grouped(left: Left, groups: ReadonlyMap<number, string>): Named {
  return namedBy(left, (id) => groups.get(id) ?? String(id));
}

function namedBy({ ids, p }: Left, nameOf: (id: number) => string): Named {
  const count = new Map<string, number>();
  const sums = new Map<string, number>();
  for (const id of ids) {
    const name = nameOf(id);
    count.set(name, (count.get(name) ?? 0) + 1);
    sums.set(name, (sums.get(name) ?? 0) + (p?.get(id) ?? 0));
  }
  return { count, p: p && sums };
}

function large({ ids, p }: Left): Left {
  return { ids: ids.filter((id) => p === undefined || (p.get(id) ?? 0) > TINY), p };
}
