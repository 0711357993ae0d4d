/**
 * Why another sampler gave something else: every known difference is tried alone, then pairs of those that came nearest.
 * It is asked with options and an observation, and looks through a function that takes a step: the core's, or any other.
 */

import { Problem } from "../../errors.ts";
import { exp } from "../../kernels/float64.ts";
import { allAtOnce } from "../../pieces.ts";
import { isSparse, type LogitsRow } from "../rows.ts";
import type { StepTaker } from "../sampler.ts";
import type { StepOptions } from "../step.ts";
import type { ExplanationKind, LogitsByToken } from "./explanation.ts";
import { explanationsOf, type NamedProposal } from "./explanations/index.ts";
import { type Fit, fitOf, type Looked, type Observed, observedIds } from "./observed.ts";

export interface Explained extends Fit {
  /** what brings the options nearer to what was observed, nearest first; empty when they agree as they are */
  readonly explanations: readonly Found[];
}

export interface Found extends Fit {
  /** one name, or two joined by " and " */
  readonly name: string;
  readonly kind: ExplanationKind;
  /** the stage that makes the difference */
  readonly stage: string;
  readonly says: string;
}

/** Takes a step and tells what it comes to for some tokens; undefined for a step that is refused. */
export type Look = (
  step: StepOptions,
  token_ids: readonly number[],
) => Generator<undefined, Looked | undefined>;

/** The nearest are told, no more than so many. */
const TOLD_MAX = 8;
/** From so many of the nearest a second difference is looked for. */
const PAIRED = 4;

export interface SearchLimits {
  /** steps that may be taken; a search that has taken them ends with what it has found */
  readonly looks_max?: number;
}

const LOOKS_MAX = 2000;

/** The search in pieces, one step each. Throws the Problem of options that the look refuses as they are. */
function* explain(
  look: Look,
  row: LogitsByToken,
  options: StepOptions,
  observed: Observed,
  { looks_max = LOOKS_MAX }: SearchLimits = {},
): Generator<undefined, Explained> {
  const search = new Search(look, row, observed, looks_max);
  const base = yield* search.fit(options);
  if (base === undefined || base.agrees)
    return { ...(base ?? { distance: 1, agrees: false }), explanations: [] };
  const singles = yield* search.nearer(options, base, []);
  if (singles.some(({ found }) => found.agrees)) return { ...base, explanations: told(singles) };
  const both: Tried[] = [];
  for (const first of singles.slice(0, PAIRED))
    both.push(...(yield* search.nearer(first.changed, first.found, [first.found])));
  return { ...base, explanations: told([...singles, ...both]) };
}

/** The same at once, by a sampler and a row. */
export function explainRow(
  sampler: StepTaker,
  row: LogitsRow,
  options: StepOptions,
  observed: Observed,
  limits?: SearchLimits,
): Explained {
  return allAtOnce(explain(lookWith(sampler, row), logitsOf(row), options, observed, limits));
}

/** Looks through a sampler's log-probabilities; of refusals nothing is seen. */
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

function logitsOf(row: LogitsRow): LogitsByToken {
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
  #looks_left: number;

  constructor(look: Look, row: LogitsByToken, observed: Observed, looks_max: number) {
    this.#look = look;
    this.#row = row;
    this.#observed = observed;
    this.#token_ids = observedIds(observed);
    this.#looks_left = looks_max;
  }

  *fit(step: StepOptions): Generator<undefined, Fit | undefined> {
    this.#looks_left--;
    const looked = yield* this.#look(step, this.#token_ids);
    return looked === undefined ? undefined : fitOf(this.#observed, looked);
  }

  /** Every difference of a step that brings it nearer, the nearest first, and of equals the likeliest. */
  *nearer(step: StepOptions, base: Fit, behind: readonly Found[]): Generator<undefined, Tried[]> {
    const tried: Tried[] = [];
    for (const proposal of explanationsOf(step, this.#row)) {
      if (this.#looks_left <= 0) break;
      const fit = yield* this.fit(proposal.changed);
      if (fit === undefined || fit.distance >= NEARER * base.distance) continue;
      tried.push({ found: joined(behind, proposal, fit), changed: proposal.changed });
    }
    return tried.sort(byDistance);
  }
}

/** What brings a step no nearer than this is told of nowhere: rounding does as much. */
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
