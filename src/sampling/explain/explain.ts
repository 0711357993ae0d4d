/**
 * Explains why another sampler gave a different result. Every known difference is tried alone, then pairs of the nearest
 * ones. The search takes options and an observation, and runs steps through a function: the core's own, or any other
 * sampler's.
 */

import { Problem } from "../../errors.ts";
import { exp } from "../../kernels/float64.ts";
import { allAtOnce } from "../../pieces.ts";
import { isSparse, type LogitsRow } from "../rows.ts";
import type { StepTaker } from "../sampler.ts";
import type { StepOptions } from "../step.ts";
import type { ExplanationKind, LogitsByToken } from "./explanation.ts";
import { EXPLANATIONS, type NamedProposal, proposalsOf } from "./explanations/index.ts";
import { type Fit, fitOf, type Looked, type Observed, observedIds } from "./observed.ts";

export interface Explained extends Fit {
  /**
   * differences that bring the options nearer to the observation, nearest first; empty when they already
   * agree
   */
  readonly explanations: readonly Found[];
  /** false: the search ended before everything was tried */
  readonly is_complete: boolean;
}

export interface Found extends Fit {
  /** one name, or two joined by " and " */
  readonly name: string;
  readonly kind: ExplanationKind;
  /** the stage that causes the difference */
  readonly stage: string;
  readonly says: string;
}

/** Runs a step and returns its result for some tokens; undefined for a refused step. */
export type Look = (
  step: StepOptions,
  token_ids: readonly number[],
) => Generator<undefined, Looked | undefined>;

/** Maximum number of reported differences. */
const TOLD_MAX = 8;
/** Number of nearest differences that are tried with a second one. */
const PAIRED = 4;

export interface SearchLimits {
  /** maximum number of steps; a search that reaches it ends with what it has found */
  readonly looks_max?: number;
  /** false ends the search likewise */
  readonly hasFuel?: () => boolean;
}

const LOOKS_MAX = 2000;

/** The search in pieces of one step each. Throws the Problem when the unchanged options are already refused. */
export function* explain(
  look: Look,
  row: LogitsByToken,
  options: StepOptions,
  observed: Observed,
  limits: SearchLimits = {},
): Generator<undefined, Explained> {
  const search = new Search(look, row, observed, limits);
  const base = yield* search.fit(options);
  if (base === undefined || base.agrees)
    return { ...(base ?? { distance: 1, agrees: false }), explanations: [], is_complete: true };
  const singles = yield* search.nearer(options, base, []);
  if (singles.some(({ found }) => found.agrees)) return search.explained(base, singles);
  const both: Tried[] = [];
  for (const first of singles.slice(0, PAIRED))
    both.push(...(yield* search.nearer(first.changed, first.found, [first.found])));
  return search.explained(base, [...singles, ...both]);
}

/** The whole search in one piece, by a sampler and a row. */
export function explainRow(
  sampler: StepTaker,
  row: LogitsRow,
  options: StepOptions,
  observed: Observed,
  limits?: SearchLimits,
): Explained {
  return allAtOnce(explain(lookWith(sampler, row), logitsOf(row), options, observed, limits));
}

/** Runs steps through a sampler's log-probabilities; a refused step gives undefined. */
export function lookWith(sampler: StepTaker, row: LogitsRow): Look {
  return function* (step, token_ids) {
    yield;
    try {
      const asked = {
        logprobs: true,
        logprob_token_ids: token_ids,
        logprobs_mode: "processed",
        n: undefined,
      } as const;
      const plain = { trace: false, stops: undefined, receipt: undefined, top_logprobs: 0 } as const;
      const { kept, named_logprobs = [] } = sampler.sample(row, { ...step, seed: "0", ...asked, ...plain });
      const probabilities = named_logprobs.map(({ logprob }) => (logprob === null ? 0 : exp(logprob)));
      return { kept, probabilities };
    } catch (error) {
      if (error instanceof Problem) return undefined;
      throw error;
    }
  };
}

/** The logits of a row by token. */
export function logitsOf(row: LogitsRow): LogitsByToken {
  if (!isSparse(row)) return (id) => row.values[id] ?? Number.NEGATIVE_INFINITY;
  const { token_ids, values } = row;
  const by_id = new Map(Array.from(token_ids, (id, place) => [id, values[place]]));
  return (id) => by_id.get(id) ?? Number.NEGATIVE_INFINITY;
}

interface Tried {
  readonly found: Found;
  readonly changed: StepOptions;
}

class Search {
  readonly #look: Look;
  readonly #row: LogitsByToken;
  readonly #observed: Observed;
  readonly #token_ids: readonly number[];
  readonly #hasFuel: () => boolean;
  #looks_left: number;
  #is_complete = true;

  constructor(look: Look, row: LogitsByToken, observed: Observed, limits: SearchLimits) {
    this.#look = look;
    this.#row = row;
    this.#observed = observed;
    this.#token_ids = observedIds(observed);
    this.#looks_left = limits.looks_max ?? LOOKS_MAX;
    this.#hasFuel = limits.hasFuel ?? (() => true);
  }

  explained(base: Fit, tried: readonly Tried[]): Explained {
    return { ...base, explanations: told(tried), is_complete: this.#is_complete };
  }

  *fit(step: StepOptions): Generator<undefined, Fit | undefined> {
    this.#looks_left--;
    const looked = yield* this.#look(step, this.#token_ids);
    return looked === undefined ? undefined : fitOf(this.#observed, looked);
  }

  /** Made a kind at a time: a long chain has thousands of orders. */
  *#proposals(step: StepOptions): Generator<undefined, NamedProposal[]> {
    const proposals: NamedProposal[] = [];
    for (const explanation of EXPLANATIONS) {
      proposals.push(...proposalsOf(explanation, step, this.#row));
      yield;
    }
    return proposals;
  }

  /** Every difference of a step that brings it nearer, nearest first; of equals the likeliest first. */
  *nearer(step: StepOptions, base: Fit, behind: readonly Found[]): Generator<undefined, Tried[]> {
    const tried: Tried[] = [];
    const proposals = yield* this.#proposals(step);
    for (const proposal of proposals) {
      if (this.#looks_left <= 0 || !this.#hasFuel()) {
        this.#is_complete = false;
        break;
      }
      const fit = yield* this.fit(proposal.changed);
      if (fit === undefined || fit.distance >= NEARER * base.distance) continue;
      tried.push({ found: joined(behind, proposal, fit), changed: proposal.changed });
    }
    return tried.sort(byDistance);
  }
}

/** Improvements up to this size are not reported, because rounding can cause them. */
const NEARER = 0.999;

function joined(behind: readonly Found[], { name, kind, stage, says }: NamedProposal, fit: Fit): Found {
  return {
    name: [...behind.map((each) => each.name), name].join(" and "),
    kind: behind[0]?.kind ?? kind,
    stage: behind[0]?.stage ?? stage,
    says: [...behind.map((each) => each.says), says].join(", and "),
    ...fit,
  };
}

function byDistance({ found: a }: Tried, { found: b }: Tried): number {
  if (a.agrees !== b.agrees) return a.agrees ? -1 : 1;
  return a.agrees ? 0 : a.distance - b.distance;
}

function told(tried: readonly Tried[]): Found[] {
  return tried
    .toSorted(byDistance)
    .slice(0, TOLD_MAX)
    .map(({ found }) => found);
}
