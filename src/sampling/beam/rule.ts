/**
 * What a beam rule is: one way of searching as a plain object. It says which continuations of a row matter, which of them
 * become the next beams, which sequences have ended, and when the search is over. It never sees bytes or HTTP.
 *
 * A search is a list of live beams, one row of logits each, and a list of ended sequences. Both travel as plain data.
 */
import type { ListedKind } from "../kind.ts";
import type { Left } from "../sampler.ts";

/** What adds up along a sequence: ln p under the chain, ln p of the row as it came, or what transformers adds up. */
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
  /** by which sequences are ranked */
  readonly score: number;
  /** ln p under the rows as they came */
  readonly logprob: number | null;
  /** ln p under the chain */
  readonly chain_logprob: number | null;
  /** numbers of the rule's own; absent for most rules */
  readonly carry?: readonly number[];
}

/** A continuation: a live beam and one more token. */
export interface Way extends Sums {
  readonly parent: number;
  readonly token_id: number;
  /** of the stages that carry one; absent for most chains */
  readonly state?: Readonly<Record<string, unknown>>;
}

/** A sequence that has ended, as the search keeps it. */
export interface EndedBeam extends Sums {
  /** counts up from 0 in the order in which sequences end */
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
  /** tokens of each live beam */
  readonly step: number;
  readonly beams: readonly Sums[];
  /** best first, at most num_beams */
  readonly ended: readonly EndedBeam[];
  /** id of the next sequence that ends */
  readonly next_id: number;
  /** numbers of the rule's own; empty for most rules */
  readonly carry: readonly number[];
  readonly finished: boolean;
}

/** What a rule makes of the continuations of all rows. */
export interface Advance {
  readonly next: readonly Way[];
  /** all that are kept, old and new, best first */
  readonly ended: readonly (EndedBeam | EndingBeam)[];
  readonly finished: boolean;
  readonly carry?: readonly number[];
}

/** What a rule sees of one row. The candidates are those that the chain has left. */
export interface RowLook {
  readonly left: Left;
  readonly search: Search;
  /** index of the live beam */
  readonly parent: number;
  /** continuations with these tokens, their sums added up; tokens that the chain removed are left out */
  ways(token_ids: readonly number[]): Way[];
}

export interface BeamRule<Options extends BeamOptions = BeamOptions> extends ListedKind<"rule", Options> {
  /** what adds up when the request does not say */
  readonly score: BeamScore;
  /** true when it draws: the search needs a seed */
  readonly draws: boolean;
  /** how many of a row's continuations matter */
  width(options: Options): number;
  /** The continuations of a row; its `width` best when absent. */
  look?(row: RowLook, options: Options): Way[];
  /** The next beams. `ways` are those of all rows, by row, best first. */
  advance(ways: readonly Way[], search: Search, options: Options): Advance;
  /** What it tells of a search that is over, beside its sequences; nothing when absent. */
  tells?(search: Search): Readonly<Record<string, unknown>>;
}
