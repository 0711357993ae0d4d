/**
 * What a stage is: one sampler of the field as a plain object. It declares its options, its formula and
 * properties for the driver; it never sees bytes, HTTP or the form its candidates are in.
 */
import type { z } from "zod";
import type { Candidates } from "./candidates/candidates.ts";
import type { StepContext } from "./context.ts";
import type { StepText } from "./history/step-text.ts";
import type { ListedKind } from "./kind.ts";

/** Options of one stage in a chain: `{ stage: "top_k", top_k: 40 }`. */
export interface StageOptions {
  readonly stage: string;
}

/** Why a stage of a chain is skipped: its options are neutral, or a greedy chain makes it pointless. */
export type Skipped = "neutral" | "greedy";

/** Its options are options of the short form. The option with its name adds it to the chain. */
export interface Stage<Options extends StageOptions = StageOptions> extends ListedKind<"stage", Options> {
  /** the option that switches it on in the short form, when that is not the stage's name */
  readonly trigger?: string;
  /** stages that it replaces: the short form leaves them out when this one is switched on */
  readonly replaces?: readonly string[];
  /** true when it runs before a host's own stages: the short form puts it first, in every preset */
  readonly comesFirst?: boolean;
  /** true when it reads the texts of tokens: a step then needs a vocabulary */
  readonly readsText?: boolean;
  /** true when it divides all scores by a temperature: log-probabilities may be reported before or after it */
  readonly setsTemperature?: boolean;
  /** true when it only bans tokens, independent of scores: it may run on each source of a combination */
  readonly onlyMasks?: boolean;
  /** number of best tokens that it keeps and reads; 0 when it reads none; absent or Infinity when it may read all */
  looksAtBest?(options: Options): number;
  /** true when adding a constant to all scores would change its result */
  looksAtZero?(options: Options): boolean;
  /** true when the most likely token always stays the most likely: greedy decoding may skip it */
  readonly keepsArgmax: boolean;
  /** the same for given options, when it depends on them */
  keepsArgmaxWith?(options: Options): boolean;
  /** true when it reads the history and does nothing without one */
  readonly looksBack?: boolean;
  /** true when it would change nothing: it is skipped, and listed as skipped in the trace */
  isNeutral(options: Options): boolean;
  /** true when only the most likely token would be left: earlier stages that keep the argmax need not run */
  isGreedy?(options: Options): boolean;
  /**
   * maximum number of times that it reads every token, in the units of work.ts; 1 when absent; sorting takes 32
   */
  readonly passes?: number;
  /** additional work with a history of this length, in the same units; none when absent */
  historyWork?(options: Options, history_length: number): number;
  /** true when everything that it prepares is ready; absent: always true. Throws a Problem when the step lacks what it needs */
  isPrepared?(options: Options, text: StepText): boolean;
  /** prepares it, in pieces */
  prepare?(options: Options, text: StepText): Generator<undefined, void>;
  /** rescales, edits or removes candidates; at least one always stays */
  apply(candidates: Candidates, options: Options, context: StepContext): void;
  /** its report about the drawn token, in pieces when that takes long; absent: none */
  tells?(
    options: Options,
    context: StepContext,
    token_id: number,
  ): Told | undefined | Generator<undefined, Told | undefined>;
  /** state that is carried from step to step; absent for most stages */
  readonly state?: StageState<Options>;
}

/** The fields that a stage adds to the reply. */
export interface Told {
  /** why the text is complete with this token */
  readonly finish_reason?: string;
  /** tokens that must follow for any logits, or by which the tokenizer writes what must */
  readonly forced?: readonly number[];
  /** the text that must follow, in any tokenization */
  readonly forced_text?: string;
  /** ln of the probability of the allowed tokens, in the distribution before the mask */
  readonly grammar_logmass?: number;
  /** parts of the grammar that the mask does not enforce */
  readonly warnings?: readonly string[];
  /** number of tokens to take back, including the drawn one */
  readonly rewind?: number;
}

/**
 * The state of a stage: plain data that comes with the request (`"state": {"mirostat": {"mu": 9.2}}`), is read
 * in `apply` through `context.stateOf(name)`, and goes out with the reply. The service keeps nothing between
 * steps.
 */
export interface StageState<Options extends StageOptions, State = unknown> {
  readonly schema: z.ZodType<State>;
  /** the state at the first step of a sequence */
  initial(options: Options): State;
  /** true when a stream keeps it across a rewind, because it says why */
  readonly outlivesRewind?: boolean;
  /** the state after this step's draw */
  next(state: State, options: Options, drawn: Drawn): State;
}

/** The inputs of a state's update. */
export interface Drawn {
  readonly token_id: number;
  readonly context: StepContext;
  /** ln of the probability with which the token was drawn */
  readonly logprob: () => number;
  /** the value that a stage saved for this token in `context.remembered`, if any */
  readonly remembered: number | undefined;
}

/** The work of counting one token of the history and penalising it. */
export const COUNT_WORK = 4;

/** The number of history tokens among the last n; −1: all. */
export function lastOf(n: number, history_length: number): number {
  return n < 0 ? history_length : Math.min(n, history_length);
}
