/** Which arm of a comparison gives what another sampler was seen to do, or which change of one would. */
import { Problem } from "../../errors.ts";
import { exp } from "../../kernels/float64.ts";
import { explain, type Found, type Look, logitsOf } from "../explain/explain.ts";
import { running } from "../explain/explanation.ts";
import { type Fit, fitOf, type Observed, observedIds } from "../explain/observed.ts";
import type { Sampled } from "../report/report.ts";
import { isSparse, type LogitsRow } from "../rows.ts";
import type { StepOptions } from "../step.ts";
import { requireInVocabulary } from "../vocab-size.ts";

export interface ObservedInArm extends Fit {
  /** what would bring the arm nearer, nearest first; empty when an arm agrees as it is */
  readonly explanations: readonly Found[];
}

export interface Explained {
  /** index of the arm whose own result is nearest to the observed one */
  readonly nearest: number;
  /** the answer in a sentence */
  readonly says: string;
  /** in the order of the arms; null for one that could not be taken */
  readonly arms: readonly (ObservedInArm | null)[];
  /** false: the search took its last look, or the work that a comparison may be, before everything was tried */
  readonly is_complete: boolean;
}

/** Takes a step with these options and returns its distribution. Each step is charged to the comparison. */
export type TakeStep = (
  options: StepOptions,
  asked: Partial<StepOptions>,
) => Generator<undefined, Sampled | Problem>;

export interface Arms {
  readonly names: readonly string[];
  /** undefined for an arm that could not be taken */
  readonly options: readonly (StepOptions | undefined)[];
}

/** Steps that the search may take for all arms together. */
export const LOOKS_MAX = 1000;
/** Longer chains are not searched: they have a thousand orders of one change. */
export const STAGES_MAX = 32;
/** Maximum number of explanations listed for an arm. */
const TOLD_MAX = 5;

/** Throws the Problem of ids that the row does not have, and of a chain that is too long to be searched. */
export function requireExplainable(row: LogitsRow, observed: Observed, { options }: Arms): void {
  const vocab_size = isSparse(row) ? row.vocab_size : row.length;
  const field = "kept" in observed ? "kept" : "counts" in observed ? "drawn" : "token_ids";
  if (vocab_size !== undefined)
    requireInVocabulary(
      "kept" in observed ? observed.kept : observedIds(observed),
      vocab_size,
      `/observed/${field}`,
    );
  for (const [place, step] of options.entries()) {
    const stages = step === undefined ? 0 : running(step).length;
    if (stages > STAGES_MAX)
      throw new Problem(
        "limit_exceeded",
        `with observed an arm may run at most ${STAGES_MAX} stages, got ${stages}`,
        `/compare/${place}`,
      );
  }
}

/** The arms as they are first. Where none agrees they are searched, the nearest first. */
export function* explainArms(
  row: LogitsRow,
  observed: Observed,
  arms: Arms,
  take: TakeStep,
  hasFuel: () => boolean,
): Generator<undefined, Explained> {
  const look = lookBy(take);
  const fits: (Fit | undefined)[] = [];
  for (const options of arms.options)
    fits.push(options === undefined ? undefined : yield* fitWith(look, options, observed));
  const order = [...fits.keys()].filter((i) => fits[i] !== undefined).sort((a, b) => byFit(fits[a], fits[b]));
  const nearest = order[0] as number; // one arm could be taken
  const explanations = new Map<number, readonly Found[]>();
  let looks_left = LOOKS_MAX;
  let is_complete = true;
  if (fits[nearest]?.agrees !== true)
    for (const place of order) {
      const counted: Look = (step, ids) => {
        looks_left--;
        return look(step, ids);
      };
      const options = arms.options[place] as StepOptions; // it could be taken
      const limits = { looks_max: LOOKS_MAX, hasFuel: () => looks_left > 0 && hasFuel() };
      const found = yield* explain(counted, logitsOf(row), options, observed, limits);
      explanations.set(place, found.explanations.slice(0, TOLD_MAX));
      is_complete &&= found.is_complete;
    }
  const told = fits.map((fit, i) =>
    fit === undefined ? null : { ...fit, explanations: explanations.get(i) ?? [] },
  );
  return {
    nearest,
    says: sentenceOf(arms.names, order, told, "counts" in observed ? DRAWS : NUMBERS),
    arms: told,
    is_complete,
  };
}

function* fitWith(
  look: Look,
  options: StepOptions,
  observed: Observed,
): Generator<undefined, Fit | undefined> {
  const looked = yield* look(options, observedIds(observed));
  return looked === undefined ? undefined : fitOf(observed, looked);
}

function lookBy(take: TakeStep): Look {
  return function* (step, token_ids) {
    const told = { logprobs: true, logprob_token_ids: token_ids, logprobs_mode: "processed" } as const;
    const asked = { ...told, top_logprobs: 0, trace: false, stops: undefined, receipt: undefined } as const;
    const sampled = yield* take(step, asked);
    if (sampled instanceof Problem) return undefined;
    const { kept, named_logprobs = [] } = sampled;
    return {
      kept,
      probabilities: named_logprobs.map(({ logprob }) => (logprob === null ? 0 : exp(logprob))),
    };
  };
}

function byFit(a: Fit | undefined, b: Fit | undefined): number {
  const rank = (fit: Fit | undefined) => (fit?.agrees === true ? 0 : (fit?.distance ?? 1));
  return rank(a) - rank(b);
}

/** How the sentences speak of an observation. */
interface Words {
  readonly agrees: (names: readonly string[]) => string;
  readonly none: string;
  readonly would: string;
}

const NUMBERS: Words = {
  agrees: (names) => `This is what ${listed(names)} ${names.length > 1 ? "give" : "gives"}.`,
  none: "No arm gives this",
  would: "would",
};
/** Few draws are within chance of many arms: of an arm it is known only that it can draw them. */
const DRAWS: Words = {
  agrees: (names) => `${listed(names)} can draw this.`,
  none: "No arm explains these draws",
  would: "could",
};

/** "a", "a and b", "a, b and c" */
function listed(names: readonly string[]): string {
  return [names.slice(0, -1).join(", "), ...names.slice(-1)].filter((part) => part !== "").join(" and ");
}

/** An arm as it is; else the change that explains all of it, of the nearest arm that has one; else the nearest change. */
function sentenceOf(
  names: readonly string[],
  order: readonly number[],
  arms: readonly (ObservedInArm | null)[],
  words: Words,
): string {
  const agreeing = order.filter((i) => arms[i]?.agrees === true).map((i) => names[i] as string); // of the arms
  if (agreeing.length > 0) return words.agrees(agreeing);
  const all = order.flatMap((i) =>
    (arms[i]?.explanations ?? []).map((found) => ({ ...found, arm: names[i] })),
  );
  const whole = all.find(({ agrees }) => agrees);
  if (whole !== undefined) return `${words.none}. ${whole.arm} ${words.would}, ${whole.says}.`;
  const [best] = all.sort((a, b) => a.distance - b.distance);
  const [nearest = 0] = order;
  const distance = (value: number) => value.toPrecision(2);
  const first = `${words.none}: the nearest is ${names[nearest]}, at a distance of ${distance(arms[nearest]?.distance ?? 1)}.`;
  if (best === undefined) return `${first} No known change brings any nearer.`;
  return `${first} No known change explains it; ${best.arm} comes to ${distance(best.distance)}, ${best.says}.`;
}
