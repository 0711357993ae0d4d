/**
 * Runs one row through several presets or chains, and reports which tokens and probabilities differ and which
 * stage makes the difference. All arms take the same step with the same randomness; each is compared with the
 * first.
 */
import { Problem } from "../../errors.ts";
import type { Observed } from "../explain/observed.ts";
import type { Sampled } from "../report/report.ts";
import { drawSeed } from "../rng.ts";
import type { LogitsRow } from "../rows.ts";
import type { StepTaker } from "../sampler.ts";
import type { StepOptions } from "../step.ts";
import { totalVariation } from "../total-variation.ts";
import { workOf } from "../work.ts";
import { type ChangedStage, changesTowards } from "./changes.ts";
import { type Arms, type Explained, explainArms, requireExplainable, type TakeStep } from "./explained.ts";
import type { Arm, ComparisonOptions } from "./options.ts";

export interface Comparison {
  readonly arms: readonly (ArmTaken | ArmRefused)[];
  /** the compared tokens, in the order of the row's ranking */
  readonly tokens: readonly TokenCompared[];
  /** the first arm compared with each other one, when both could be run */
  readonly differences: readonly Difference[];
  /** with `observed`: the arm that gives the observed result, or the change that would */
  readonly observed?: Explained;
  readonly seed: string;
  readonly step: number;
}

export interface ArmTaken {
  readonly name: string;
  readonly chain: readonly { readonly stage: string; readonly skipped?: string }[];
  readonly token_id: number;
  readonly kept: number;
  readonly kept_mass: number;
}

export interface ArmRefused {
  readonly name: string;
  readonly problem: { readonly code: string; readonly detail: string; readonly pointer: string };
}

export interface TokenCompared {
  readonly token_id: number;
  /** raw ln p; null stands for −Infinity */
  readonly logprob: number | null;
  /** the result of each arm, in order; null for an arm that could not be run */
  readonly arms: readonly (TokenInArm | null)[];
}

export interface TokenInArm {
  /** the probability with which the arm draws it */
  readonly probability: number;
  readonly removed_by: string | null;
}

export interface Difference {
  /** indices of the two arms in `arms` */
  readonly between: readonly [first: number, other: number];
  /**
   * total variation distance over the listed tokens, with all others as one token: a lower bound of the
   * difference
   */
  readonly distance: number;
  /** listed tokens that only one of the two can draw */
  readonly only_first: readonly number[];
  readonly only_other: readonly number[];
  /** the single difference whose removal brings the two nearest; null when none does */
  readonly made_by: Maker | null;
}

/** A stage of one arm, and the distance of the two if it were as in the other arm. */
export interface Maker extends ChangedStage {
  readonly arm: number;
  readonly distance_without: number;
}

/** A running comparison. It pauses after each of its steps, because long chains need thousands. */
export type Comparing<Result> = Generator<undefined, Result>;

/** Throws the Problem of the first arm when no arm can be run. The row is restored. */
export function* compareRow(
  sampler: StepTaker,
  row: LogitsRow,
  options: ComparisonOptions,
  compare_work_max = Number.POSITIVE_INFINITY,
): Comparing<Comparison> {
  const seed = options.seed ?? drawSeed();
  const work = { done: 0, max: compare_work_max };
  const run: Run = function* (arm, asked) {
    const step = { ...arm, seed, n: undefined, logprobs: true, ...asked };
    work.done += workOf([row], step);
    const begun = sampler.begin?.(row, step) ?? sampler.sample(row, step);
    return "next" in begun ? yield* begun : begun;
  };
  const token_ids = yield* listedTokens(run, options);
  const taken: (Taken | Problem)[] = [];
  for (const arm of options.arms) {
    taken.push(yield* take(run, arm, token_ids));
    yield;
    requireWithin(work);
  }
  const refused = taken.every((each) => each instanceof Problem);
  if (refused) throw taken[0] as Problem; // there are at least two arms, and all are problems
  const { observed } = options;
  const explained =
    observed === undefined ? undefined : yield* explainedBy({ run, work }, row, options, taken, observed);
  return {
    arms: options.arms.map(({ name }, i) => told(name, taken[i] as Taken | Problem)), // one per arm
    tokens: yield* tokensOf(run, options, token_ids, taken),
    differences: yield* differencesOf({ run, work }, token_ids, taken),
    ...(explained && { observed: explained }),
    seed,
    step: options.step,
  };
}

/** Takes a step with these options, and with the requested extras. */
type Run = (options: StepOptions, asked: Partial<StepOptions>) => Comparing<Sampled>;

/** The work of all its steps so far, in the units of work.ts, and its maximum. */
interface Work {
  done: number;
  readonly max: number;
}

interface Runner {
  readonly run: Run;
  readonly work: Work;
}

function requireWithin({ done, max }: Work): void {
  if (done <= max) return;
  throw new Problem(
    "limit_exceeded",
    `a comparison may take at most ${max} looks at tokens (compare_work_max), got more: compare fewer or shorter chains, or a shorter row`,
    "/compare",
  );
}

interface Taken {
  readonly options: StepOptions;
  readonly sampled: Sampled;
  /** values of the listed tokens, in order */
  readonly probabilities: readonly number[];
}

/** The search ends at the limit of work; the work of the arms themselves is charged first. */
function* explainedBy(
  { run, work }: Runner,
  row: LogitsRow,
  { arms }: ComparisonOptions,
  taken: readonly (Taken | Problem)[],
  observed: Observed,
): Comparing<Explained> {
  const told: Arms = {
    names: arms.map(({ name }) => name),
    options: taken.map((each) => (each instanceof Problem ? undefined : each.options)),
  };
  requireExplainable(row, observed, told);
  const take: TakeStep = function* (step, asked) {
    yield;
    return yield* attempt(run(step, asked));
  };
  return yield* explainArms(row, observed, told, take, () => work.done < SEARCH_SHARE * work.max);
}

/** The share of a comparison's work that the search may use; its distances are charged after it. */
const SEARCH_SHARE = 0.5;

/** The most likely tokens of the row and of every arm, each once. */
function* listedTokens(run: Run, { arms, compare_top, ...options }: ComparisonOptions): Comparing<number[]> {
  const raw = yield* run({ ...options, chain: [] }, { top_logprobs: compare_top, logprobs_mode: "raw" });
  const listed = new Set(raw.top_logprobs?.map(({ token_id }) => token_id));
  for (const arm of arms) {
    const asked = { top_logprobs: compare_top, logprobs_mode: "processed" } as const;
    const sampled = arm.options instanceof Problem ? undefined : yield* attempt(run(arm.options, asked));
    yield;
    if (sampled === undefined || sampled instanceof Problem) continue;
    for (const { token_id } of sampled.top_logprobs ?? []) listed.add(token_id);
  }
  return [...listed];
}

function* take(run: Run, { options }: Arm, token_ids: readonly number[]): Comparing<Taken | Problem> {
  if (options instanceof Problem) return options;
  const asked = { logprob_token_ids: token_ids, logprobs_mode: "processed", trace: true } as const;
  const sampled = yield* attempt(run(options, asked));
  return sampled instanceof Problem ? sampled : { options, sampled, probabilities: probabilitiesIn(sampled) };
}

function* attempt(step: Comparing<Sampled>): Comparing<Sampled | Problem> {
  try {
    return yield* step;
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}

function probabilitiesIn({ named_logprobs = [] }: Sampled): number[] {
  // biome-ignore lint/plugin: distances between chains are told of, and nothing is drawn by them
  return named_logprobs.map(({ logprob }) => (logprob === null ? 0 : Math.exp(logprob)));
}

function told(name: string, taken: Taken | Problem): ArmTaken | ArmRefused {
  if (taken instanceof Problem)
    return { name, problem: { code: taken.code, detail: taken.message, pointer: taken.pointer } };
  const { options, sampled } = taken;
  return {
    name,
    chain: options.chain.map(({ stage, skipped }) => ({ stage: stage.name, ...(skipped && { skipped }) })),
    token_id: sampled.token_id,
    kept: sampled.kept,
    kept_mass: sampled.kept_mass ?? 1,
  };
}

/** Most likely first, in the unchanged row. */
function* tokensOf(
  run: Run,
  { arms: _, compare_top: __, ...options }: ComparisonOptions,
  token_ids: readonly number[],
  taken: readonly (Taken | Problem)[],
): Comparing<TokenCompared[]> {
  const raw = yield* run({ ...options, chain: [] }, { logprob_token_ids: token_ids, logprobs_mode: "raw" });
  const tokens = (raw.named_logprobs ?? []).map(({ token_id, logprob }, i) => ({
    token_id,
    logprob,
    arms: taken.map((each) => (each instanceof Problem ? null : inArm(each, i))),
  }));
  const rank = (logprob: number | null) => logprob ?? Number.NEGATIVE_INFINITY;
  return tokens.sort((a, b) => rank(b.logprob) - rank(a.logprob) || a.token_id - b.token_id);
}

function inArm({ sampled, probabilities }: Taken, index: number): TokenInArm {
  return { probability: probabilities[index] ?? 0, removed_by: sampled.fates?.[index]?.removed_by ?? null };
}

function* differencesOf(
  runner: Runner,
  token_ids: readonly number[],
  taken: readonly (Taken | Problem)[],
): Comparing<Difference[]> {
  const first = taken.findIndex((each) => !(each instanceof Problem));
  const differences: Difference[] = [];
  for (const [other, each] of taken.entries())
    if (other > first && !(each instanceof Problem))
      differences.push(yield* differenceOf(runner, token_ids, [first, other], [taken[first] as Taken, each]));
  return differences;
}

function* differenceOf(
  runner: Runner,
  token_ids: readonly number[],
  between: readonly [number, number],
  [first, other]: readonly [Taken, Taken],
): Comparing<Difference> {
  const distance = totalVariation(first.probabilities, other.probabilities);
  const only = (one: Taken, two: Taken) =>
    token_ids.filter((_, i) => (one.probabilities[i] ?? 0) > 0 && two.probabilities[i] === 0);
  const makers =
    distance === 0
      ? []
      : [
          ...(yield* attempts(runner, token_ids, [first, other], between)),
          ...(yield* attempts(runner, token_ids, [other, first], [between[1], between[0]])),
        ];
  const nearest = makers.reduce<Maker | undefined>(
    (best, each) => (each.distance_without < (best?.distance_without ?? distance) ? each : best),
    undefined,
  );
  return {
    between,
    distance,
    only_first: only(first, other),
    only_other: only(other, first),
    made_by: nearest ?? null,
  };
}

/**
 * For each stage that differs: changes it in one arm to the other arm's version, and measures the distance between the
 * two arms.
 */
function* attempts(
  runner: Runner,
  token_ids: readonly number[],
  [one, two]: readonly [Taken, Taken],
  [own, other]: readonly [number, number],
): Comparing<Maker[]> {
  const asked = { logprob_token_ids: token_ids, logprobs_mode: "processed", trace: false } as const;
  const makers: Maker[] = [];
  for (const { changed, of_other, ...stage } of changesTowards(one.options, two.options)) {
    const sampled = yield* attempt(runner.run(changed, asked));
    yield;
    requireWithin(runner.work);
    if (sampled instanceof Problem) continue;
    const distance_without = totalVariation(probabilitiesIn(sampled), two.probabilities);
    makers.push({ arm: of_other ? other : own, ...stage, distance_without });
  }
  return makers;
}
