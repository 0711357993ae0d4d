/**
 * What a watermark is: a way to draw that a key makes recognisable, and the test that recognises it, as one plain object.
 * A mark is laid over the tokens that the chain has left; log-probabilities are told without it.
 */

import type { Noise } from "../../../kernels/kernel.ts";
import type { Candidates } from "../../candidates/candidates.ts";
import type { StepContext } from "../../context.ts";
import type { ListedKind } from "../../kind.ts";
import type { Held } from "../draw-rule.ts";
import type { WatermarkKey } from "./keys.ts";

/** Options that every scheme has. */
export interface MarkOptions {
  readonly scheme: string;
  readonly key: string;
  readonly repeated_contexts: "single_turn" | "all" | "none";
  readonly look_back: number;
  /** whether the reply tells the evidence that the draw can bear */
  readonly expected: boolean;
}

/** The mean of a token's value over keys, for a token drawn with a given probability. */
export interface Expected {
  readonly marked: number;
  readonly unmarked: number;
}

/** What decides the randomness of a mark: the tokens before it, and which of them count. */
export interface ContextRule {
  readonly width: number;
  /** what stands for a token before the first that counts */
  readonly padding: -1 | 0;
  /** whether the prompt counts as well, and then only whole contexts bear a mark */
  readonly of_prompt: boolean;
}

/** What of a scheme's options its test needs: not how the mark was laid. */
export type TestOptions<Options extends MarkOptions> = Omit<Options, (typeof MARKING)[number]>;

/** The options that say how a mark is laid; a text does not show them. */
export const MARKING = ["repeated_contexts", "look_back", "expected", "delta"] as const;

export interface WatermarkScheme<Options extends MarkOptions = MarkOptions>
  extends ListedKind<"scheme", Options> {
  /** how its test judges a text */
  readonly test: string;
  /** whether the distribution over all keys is that of the chain */
  readonly keepsDistribution: boolean;
  /** how often it looks at every kept token, in the units of work.ts */
  passes(options: Options): number;
  context(options: TestOptions<Options>): ContextRule;
  /** Draws a marked token in a context of `context(options).width` tokens. */
  draw(candidates: Candidates, options: Options, key: WatermarkKey, marked: MarkedStep): number;
  /** Whether a draw, or what it is made ready by, may take longer than a piece. Absent: it never does. */
  takesPieces?(options: TestOptions<Options>, key: WatermarkKey): boolean;
  /** Makes the tables of these options, with pauses; absent where there are none. */
  prepare?(options: TestOptions<Options>, key: WatermarkKey): Generator<undefined, void>;
  /** The draw with pauses; absent where it is short once the tables are made. */
  drawInPieces?(
    candidates: Candidates,
    options: Options,
    key: WatermarkKey,
    marked: MarkedStep,
  ): Generator<undefined, number>;
  /**
   * The noise of a token that is drawn in place of a rejected draft, or after an accepted one. Absent: no way is known that keeps
   * the distribution.
   */
  targetNoise?(options: Options, key: WatermarkKey, context: Int32Array): Noise;
  /**
   * What the value of a token is on average over keys, when it is drawn with this probability after the chain. Absent: there is
   * no closed form.
   */
  expected?(probability: number, options: Options): Expected;
  /** How a claimed token stands to the mark, where that has a margin. */
  hold?(
    candidates: Candidates,
    token_id: number,
    options: Options,
    key: WatermarkKey,
    marked: MarkedStep,
  ): Held;
  /** What looks at texts for the mark; `vocab_size` is undefined where the request does not tell. */
  detector(options: TestOptions<Options>, key: WatermarkKey, vocab_size: number | undefined): Detector;
}

/** The watermark of a step, and its checked options. */
export interface MarkChoice {
  readonly scheme: WatermarkScheme;
  readonly options: MarkOptions;
}

/** A step that bears a mark. */
export interface MarkedStep {
  readonly context: Int32Array;
  readonly step: StepContext;
}

/** Looks at one text after the other. */
export interface Detector {
  /** What of a text counts once: each context, each context with its token, or what `evidence` tells alone. */
  readonly counts: "contexts" | "ngrams" | "evidence";
  /**
   * Writes the two words that decide a value, where the scheme reads less than the context and the token. Tokens with the
   * same words have the same value, so they count once. False: the value is the same under every key, and tells nothing.
   */
  evidence?(context: Int32Array, token_id: number, to: Int32Array, at: number): boolean;
  /** whether contexts count that reach before the first token of the text */
  readonly counts_partial: boolean;
  /** how long a token takes at most, in the units of work.ts */
  readonly token_work: number;
  /** how long a verdict takes at most, in the same units */
  readonly verdict_work: number;
  /** The value of one token in its context: larger where it bears the mark. */
  value(context: Int32Array, token_id: number): number;
  /** The score and p-value of the values of `count` tokens, one at least. */
  judge(values: Float64Array, count: number): Verdict;
}

export interface Verdict {
  readonly score: number;
  /** how likely so large a score is in a text without this mark, over random keys */
  readonly p_value: number;
  /** of dual keys: the p-value by a Gamma with the score's mean and variance, as vLLM has it */
  readonly p_value_two_moments?: number;
  /** of schemes whose score is held against a normal distribution */
  readonly z_score?: number;
}
