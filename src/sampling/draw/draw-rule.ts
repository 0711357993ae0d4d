/**
 * What a draw rule is: one way to take a token out of those that the chain has left, as a plain object. It declares its
 * options, what it needs and what it leaves; its documentation, its schema and its card are made of it.
 */
import type { Candidates } from "../candidates/candidates.ts";
import type { StepContext } from "../context.ts";
import type { ListedKind } from "../kind.ts";
import type { Tracer } from "../report/trace.ts";

/** Options of a rule as a request has them: `{ rule: "gumbel", variant: "own" }`. */
export interface DrawOptions {
  readonly rule: string;
}

/** How many tokens to draw, and whether one may come twice. */
export interface Draws {
  readonly n: number;
  readonly replacement: boolean;
}

export interface DrawRule<Options extends DrawOptions = DrawOptions> extends ListedKind<"rule", Options> {
  /** what of a request decides the token besides the row and the chain */
  readonly needs: readonly string[];
  /** the field that it leaves in the reply of a step with a trace */
  readonly leaves: string;
  /** how often it looks at every kept token for each draw, in the units of work.ts */
  readonly passes: number;
  /** Why these draws cannot be made so; undefined, or absent, where they can. */
  refuses?(options: Options, draws: Draws): string | undefined;
  /** The tokens drawn. `n` is at most the number of tokens left where none may come twice. */
  draw(candidates: Candidates, options: Options, context: StepContext, draws: Draws): number[];
  /** The same with pauses; absent where no draw takes long. */
  drawInPieces?(
    candidates: Candidates,
    options: Options,
    context: StepContext,
    draws: Draws,
  ): Generator<undefined, number[]>;
  /** What a trace tells of the (first) draw, under the name of `leaves`. */
  account(tracer: Tracer, token_id: number, options: Options, context: StepContext): unknown;
  /** How a claimed token stands to what this rule draws from these candidates. */
  hold(candidates: Candidates, token_id: number, options: Options, context: StepContext): Held;
}

/** The rule of a step, and its checked options. */
export interface DrawChoice {
  readonly rule: DrawRule;
  readonly options: DrawOptions;
}

/** How a claimed token stands to the draw: what an audit looks at. */
export interface Held {
  /** the token that the rule draws */
  readonly token_id: number;
  /**
   * How far the randomness lies within what the claimed token holds: negative by how far it lies outside, −Infinity for a
   * token that was not kept. A difference of probabilities for an inverse distribution, of scores for Gumbel noise.
   */
  readonly margin: number;
  /** of an inverse distribution: the uniform, and the interval of the claimed token */
  readonly uniform?: number;
  readonly from?: number;
  readonly to?: number;
}
