/** What a file of `stages/` exports as `stages`: each stage once more, from its definition, and options to try it with. */
import type fc from "fast-check";
import type { Rule } from "./tokens.ts";

export interface ReferenceStage {
  /** the stage over ordinary arrays in float64, with no care for speed */
  readonly rule: Rule;
  /** random options, in the ranges in which people use them and somewhat beyond */
  readonly options: Readonly<Record<string, fc.Arbitrary<unknown>>>;
}

export type Reference = Readonly<Record<string, ReferenceStage>>;
