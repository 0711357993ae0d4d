/**
 * A watermark scheme is a way to draw that a key makes detectable, and the test that detects it, as one plain object. It
 * draws from the tokens that the chain has kept. Reported log-probabilities are those without the watermark.
 */

import type { Noise } from "../../../kernels/kernel.ts";
import type { Candidates } from "../../candidates/candidates.ts";
import type { StepContext } from "../../context.ts";
import type { ListedKind } from "../../kind.ts";
import type { Held } from "../draw-rule.ts";
import type { WatermarkKey } from "./keys.ts";

/** Options of every scheme. */
export interface MarkOptions {
  readonly scheme: string;
  readonly key: string;
  readonly repeated_contexts: "single_turn" | "all" | "none";
  readonly look_back: number;
  /** true when the reply contains the evidence of the draw */
  readonly expected: boolean;
}

/** The mean value over keys of a token that is drawn with a given probability. */
export interface Expected {
  readonly marked: number;
  readonly unmarked: number;
}

/** The context that decides the randomness of a mark: the preceding tokens. */
export interface ContextRule {
  readonly width: number;
  /** padding for positions before the first counted token */
  readonly padding: -1 | 0;
  /** true when the prompt counts as well; then only whole contexts are marked */
  readonly of_prompt: boolean;
}

/** The options that a scheme's test needs; options that only affect the draw are not among them. */
export type TestOptions<Options extends MarkOptions> = Omit<Options, (typeof MARKING)[number]>;

/** The options that only affect the draw; a text does not show them. */
export const MARKING = ["repeated_contexts", "look_back", "expected", "delta"] as const;

export interface WatermarkScheme<Options extends MarkOptions = MarkOptions>
  extends ListedKind<"scheme", Options> {
  /** the test of a text */
  readonly test: string;
  /** true when the distribution over all keys equals that of the chain */
  readonly keepsDistribution: boolean;
  /** how many times it reads every kept token, in the units of work.ts */
  passes(options: Options): number;
  context(options: TestOptions<Options>): ContextRule;
  /** Draws a marked token in a context of `context(options).width` tokens. */
  draw(candidates: Candidates, options: Options, key: WatermarkKey, marked: MarkedStep): number;
  /** True when a draw, or its preparation, may take longer than a piece. Absent: it never does. */
  takesPieces?(options: TestOptions<Options>, key: WatermarkKey): boolean;
  /** Makes the tables for these options, with pauses; absent when there are none. */
  prepare?(options: TestOptions<Options>, key: WatermarkKey): Generator<undefined, void>;
  /** The draw with pauses; absent when it is short once the tables are made. */
  drawInPieces?(
    candidates: Candidates,
    options: Options,
    key: WatermarkKey,
    marked: MarkedStep,
  ): Generator<undefined, number>;
  /**
   * The noise of a token drawn in place of a rejected draft, or after an accepted one. Absent: no method is known that keeps the
   * distribution.
   */
  targetNoise?(options: Options, key: WatermarkKey, context: Int32Array): Noise;
  /** The mean value over keys of a token with this probability after the chain. Absent: there is no closed form. */
  expected?(probability: number, options: Options): Expected;
  /** How a claimed token relates to the mark, for schemes with a margin. */
  hold?(
    candidates: Candidates,
    token_id: number,
    options: Options,
    key: WatermarkKey,
    marked: MarkedStep,
  ): Held;
  /** The detector for texts; `vocab_size` is undefined when the request does not give it. */
  detector(options: TestOptions<Options>, key: WatermarkKey, vocab_size: number | undefined): Detector;
}

/** The watermark of a step, with its checked options. */
export interface MarkChoice {
  readonly scheme: WatermarkScheme;
  readonly options: MarkOptions;
}

/** A step with a watermark. */
export interface MarkedStep {
  readonly context: Int32Array;
  readonly step: StepContext;
}

/** Scores one text after the other. */
export interface Detector {
  /**
   * The unit of a text that counts once: each context, each context with its token, or the result of
   * `evidence`.
   */
  readonly counts: "contexts" | "ngrams" | "evidence";
  /**
   * Writes the two words that decide a value, for schemes that read less than the context and the token. Tokens with the
   * same words have the same value, so they count once. Returns false when the value is the same under every key.
   */
  evidence?(context: Int32Array, token_id: number, to: Int32Array, at: number): boolean;
  /** true when contexts count that begin before the first token of the text */
  readonly counts_partial: boolean;
  /** maximum work per token, in the units of work.ts */
  readonly token_work: number;
  /** maximum work per verdict, in the same units */
  readonly verdict_work: number;
  /** The value of one token in its context: larger for a marked token. */
  value(context: Int32Array, token_id: number): number;
  /** The score and p-value of the values of `count` tokens, at least one. */
  judge(values: Float64Array, count: number): Verdict;
}

export interface Verdict {
  readonly score: number;
  /** probability of a score this large in a text without this watermark, over random keys */
  readonly p_value: number;
  /** for dual keys: the p-value from a Gamma distribution with the score's mean and variance, as in vLLM */
  readonly p_value_two_moments?: number;
  /** for schemes whose score is compared with a normal distribution */
  readonly z_score?: number;
}
