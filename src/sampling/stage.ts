/**
 * What a stage is: one sampler of the field as a plain object. It declares its options, its formula and what
 * the driver must know about it; it never sees bytes, HTTP or the form its candidates are in.
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

/** Why a stage of a chain does not run: its options are neutral, or a greedy chain makes it pointless. */
export type Skipped = "neutral" | "greedy";

/** Its options are options of the short form, of which the one of its name adds it to the chain. */
export interface Stage<Options extends StageOptions = StageOptions> extends ListedKind<"stage", Options> {
  /** the option that switches it on in the short form, where that is not the stage's name */
  readonly trigger?: string;
  /** stages that it stands in for: the short form leaves them out when this one is switched on */
  readonly replaces?: readonly string[];
  /** true when it comes before what a host makes of the logits: the short form puts it first, in every preset */
  readonly comesFirst?: boolean;
  /** true when it reads what tokens stand for: a step needs a vocabulary */
  readonly readsText?: boolean;
  /** true when it divides all scores by a temperature: log-probabilities may be told as they stand before or behind it */
  readonly setsTemperature?: boolean;
  /** true when it bans tokens whatever their scores are, and leaves all others as they are: it may run on each source of a combination */
  readonly onlyMasks?: boolean;
  /** how many of the best tokens it keeps, and looks at no other; 0 when it looks at none. All when absent, and Infinity */
  looksAtBest?(options: Options): number;
  /** true when adding one number to all scores would change what it does */
  looksAtZero?(options: Options): boolean;
  /** true when the most likely token stays the most likely: greedy decoding may skip it */
  readonly keepsArgmax: boolean;
  /** the same of these options, where not all have it */
  keepsArgmaxWith?(options: Options): boolean;
  /** true when it looks at the tokens so far, and does nothing where there are none */
  readonly looksBack?: boolean;
  /** true when it would change nothing: skipped, and listed as skipped in the trace */
  isNeutral(options: Options): boolean;
  /** true when only the most likely token would be left: what keeps the argmax need not run before */
  isGreedy?(options: Options): boolean;
  /** how often it looks at every token at the most, in the units of work.ts; 1 when absent: sorting takes 32 */
  readonly passes?: number;
  /** how much more it takes with a history of so many tokens, in the same units; nothing when absent */
  historyWork?(options: Options, history_length: number): number;
  /** whether all is there that it may take long to make; true when absent. Throws the Problem of a step that has not what it needs */
  isPrepared?(options: Options, text: StepText): boolean;
  /** makes that, a piece at a time */
  prepare?(options: Options, text: StepText): Generator<undefined, void>;
  /** rescales, edits or shrinks the candidates; at least one always stays */
  apply(candidates: Candidates, options: Options, context: StepContext): void;
  /** what it tells of the token that was drawn, in pieces where that takes long; nothing when absent */
  tells?(
    options: Options,
    context: StepContext,
    token_id: number,
  ): Told | undefined | Generator<undefined, Told | undefined>;
  /** what it must carry from step to step; absent for most */
  readonly state?: StageState<Options>;
}

/** What a stage adds to the reply. */
export interface Told {
  /** why the text is complete with this token */
  readonly finish_reason?: string;
  /** tokens that will follow, whatever the model says */
  readonly forced?: readonly number[];
  /** the text that will follow, whatever tokens spell it */
  readonly forced_text?: string;
  /** ln of the probability of the tokens that the grammar allowed, in the row as the grammar met it */
  readonly grammar_logmass?: number;
  /** what it does not hold to */
  readonly warnings?: readonly string[];
  /** how many tokens are taken back, the drawn one among them */
  readonly rewind?: number;
}

/**
 * State in, state out: plain data that comes with the request (`"state": {"mirostat": {"mu": 9.2}}`), is read in
 * `apply` through `context.stateOf(name)`, and goes out with the reply. The service keeps nothing between steps.
 */
export interface StageState<Options extends StageOptions, State = unknown> {
  readonly schema: z.ZodType<State>;
  /** the state of a sequence's first step */
  initial(options: Options): State;
  /** true when it is kept by a stream that goes back, as it says why */
  readonly outlivesRewind?: boolean;
  /** the state after this step's draw */
  next(state: State, options: Options, drawn: Drawn): State;
}

/** What a state is moved by. */
export interface Drawn {
  readonly token_id: number;
  readonly context: StepContext;
  /** ln of the probability with which the token was drawn */
  readonly logprob: () => number;
  /** what a stage set aside for this token in `context.remembered`, if one did */
  readonly remembered: number | undefined;
}

/** What counting a token of the history takes, and penalising it. */
export const COUNT_WORK = 4;

/** How many tokens of a history the last n are; −1: all. */
export function lastOf(n: number, history_length: number): number {
  return n < 0 ? history_length : Math.min(n, history_length);
}
