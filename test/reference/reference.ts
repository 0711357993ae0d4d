/** The export `stages` of a file in `stages/`: each stage again, from its definition, with options to test it. */
import type fc from "fast-check";
import type { Options, Rule } from "./tokens.ts";

export interface ReferenceStage {
  /** the stage over ordinary arrays in float64, without regard for speed */
  readonly rule: Rule;
  /** random options, in the ranges in which people use them and somewhat beyond */
  readonly options: Readonly<Record<string, fc.Arbitrary<unknown>>>;
  /** options whose meaning depends on the stages before; drawn only when the stage runs alone */
  readonly alone?: Readonly<Record<string, fc.Arbitrary<unknown>>>;
  /** the state after a draw */
  readonly next?: (state: Options, options: Options, drawn: DrawnToken) => object;
}

/** The probability of the drawn token before the stage and after it. */
export interface DrawnToken {
  readonly before: number;
  readonly after: number;
}

export type Reference = Readonly<Record<string, ReferenceStage>>;
