/**
 * A beam rule is one search strategy as a plain object. It says which continuations of a row matter, which of them become
 * the next beams, which sequences have ended, and when the search is over. It never sees bytes or HTTP.
 *
 * A search is a list of live beams, with one row of logits each, and a list of ended sequences. Both travel as plain
 * data.
 */
import type { ListedKind } from "../kind.ts";
import type { Left } from "../sampler.ts";

/**
 * The score that is summed along a sequence: ln p after the chain, ln p of the unchanged row, or the score that
 * transformers sums.
 */
export const BEAM_SCORES = ["chain", "model", "processed"] as const;
export type BeamScore = (typeof BEAM_SCORES)[number];

/** The options that every rule has. */
export interface BeamOptions {
  readonly rule: string;
  readonly num_beams: number;
  readonly end_token_ids: readonly number[];
  readonly max_tokens: number;
  readonly score?: BeamScore | undefined;
}

/** The sums of a sequence. ln p is null for probability 0, which JSON cannot write. */
export interface Sums {
  /** the score by which sequences are ranked */
  readonly score: number;
  /** sum of ln p under the unchanged rows */
  readonly logprob: number | null;
  /** sum of ln p after the chain */
  readonly chain_logprob: number | null;
  /** numbers that belong to the rule; absent for most rules */
  readonly carry?: readonly number[];
}

/** A continuation: a live beam and one more token. */
export interface Way extends Sums {
  readonly parent: number;
  readonly token_id: number;
  /** state of the stages that have one; absent for most chains */
  readonly state?: Readonly<Record<string, unknown>>;
}

/** A sequence that has ended, as the search keeps it. */
export interface EndedBeam extends Sums {
  /** ids count up from 0 in the order in which sequences end */
  readonly id: number;
  /** tokens, the end token included */
  readonly length: number;
}

export type FinishReason = "end_token" | "length";

/** A sequence that ends with this step: `way` says which. */
export interface EndingBeam extends Sums {
  readonly way: Way;
  readonly length: number;
  readonly finish_reason: FinishReason;
}

/** The state of a search, which travels in requests and replies. */
export interface Search {
  readonly rule: string;
  /** decimal text */
  readonly seed: string;
  /** tokens generated so far by each live beam */
  readonly step: number;
  readonly beams: readonly Sums[];
  /** best first, at most num_beams */
  readonly ended: readonly EndedBeam[];
  /** the id that the next ended sequence gets */
  readonly next_id: number;
  /** numbers that belong to the rule; empty for most rules */
  readonly carry: readonly number[];
  readonly finished: boolean;
}

/** The result of a rule for the continuations of all rows. */
export interface Advance {
  readonly next: readonly Way[];
  /** all ended sequences that are kept, old and new, best first */
  readonly ended: readonly (EndedBeam | EndingBeam)[];
  readonly finished: boolean;
  readonly carry?: readonly number[];
}

/** A rule's view of one row. The candidates are the tokens that the chain kept. */
export interface RowLook {
  readonly left: Left;
  readonly search: Search;
  /** index of the live beam */
  readonly parent: number;
  /**
   * the continuations with these tokens and their summed scores; tokens that the chain removed are left out
   */
  ways(token_ids: readonly number[]): Way[];
}

export interface BeamRule<Options extends BeamOptions = BeamOptions> extends ListedKind<"rule", Options> {
  /** the score to sum when the request names none */
  readonly score: BeamScore;
  /** true when the rule draws at random, so that the search needs a seed */
  readonly draws: boolean;
  /** the number of continuations of a row that matter */
  width(options: Options): number;
  /** Returns the continuations of a row. When absent, the `width` best are taken. */
  look?(row: RowLook, options: Options): Way[];
  /** Chooses the next beams. `ways` are the continuations of all rows, in the order of the rows. */
  advance(ways: readonly Way[], search: Search, options: Options): Advance;
  /** Extra fields for the reply when the search is over; none when absent. */
  tells?(search: Search): Readonly<Record<string, unknown>>;
}
