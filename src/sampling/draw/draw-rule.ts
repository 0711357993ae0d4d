/**
 * A draw rule is one way to draw a token from those that the chain has kept, as a plain object. It declares its
 * options, its requirements and its reply field; documentation, schema and playground card are made from it.
 */
import type { Candidates } from "../candidates/candidates.ts";
import type { StepContext } from "../context.ts";
import type { ListedKind } from "../kind.ts";
import type { Tracer } from "../report/trace.ts";

/** Options of a rule as a request has them: `{ rule: "gumbel", variant: "own" }`. */
export interface DrawOptions {
  readonly rule: string;
}

/** The number of tokens to draw, and whether one may come twice. */
export interface Draws {
  readonly n: number;
  readonly replacement: boolean;
}

export interface DrawRule<Options extends DrawOptions = DrawOptions> extends ListedKind<"rule", Options> {
  /** the parts of a request, besides the row and the chain, that decide the token */
  readonly needs: readonly string[];
  /** the field of the reply that it fills in a step with a trace */
  readonly leaves: string;
  /** how many times it reads every kept token for each draw, in the units of work.ts */
  readonly passes: number;
  /** The reason why these draws are impossible; undefined, or absent, when they are possible. */
  refuses?(options: Options, draws: Draws): string | undefined;
  /** The drawn tokens. Without replacement, `n` is at most the number of kept tokens. */
  draw(candidates: Candidates, options: Options, context: StepContext, draws: Draws): number[];
  /** The same with pauses; absent when no draw takes long. */
  drawInPieces?(
    candidates: Candidates,
    options: Options,
    context: StepContext,
    draws: Draws,
  ): Generator<undefined, number[]>;
  /** The trace of the (first) draw, under the name of `leaves`. */
  account(tracer: Tracer, token_id: number, options: Options, context: StepContext): unknown;
  /** How a claimed token relates to the draw of this rule from these candidates. */
  hold(candidates: Candidates, token_id: number, options: Options, context: StepContext): Held;
}

/** The rule of a step, with its checked options. */
export interface DrawChoice {
  readonly rule: DrawRule;
  readonly options: DrawOptions;
}

/** How a claimed token relates to the draw, for audits. */
export interface Held {
  /** the token that the rule draws */
  readonly token_id: number;
  /**
   * The distance of the random number to the nearest end of the claimed token's interval: negative outside, −Infinity for
   * a token that was not kept. A difference of probabilities for an inverse distribution, of scores for Gumbel noise.
   */
  readonly margin: number;
  /** for an inverse distribution: the uniform, and the interval of the claimed token */
  readonly uniform?: number;
  readonly from?: number;
  readonly to?: number;
}
