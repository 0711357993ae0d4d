/**
 * What a stage is: one sampler of the field as a plain object. It declares its options, its formula and what
 * the driver must know about it; it never sees bytes, HTTP or the form its candidates are in.
 */
import type { z } from "zod";
import type { Candidates } from "./candidates.ts";
import type { StepContext } from "./context.ts";

/** Options of one stage in a chain: `{ stage: "top_k", top_k: 40 }`. */
export interface StageOptions {
  readonly stage: string;
}

export interface Stage<Options extends StageOptions = StageOptions> {
  /** wire name; also the option that switches it on in the short form */
  readonly name: Options["stage"];
  /** what it does, in one sentence */
  readonly summary: string;
  /** one line of Unicode maths */
  readonly formula: string;
  /** where the rule comes from: the paper, or the host whose rule it is */
  readonly source: { readonly title: string; readonly url: string };
  /** strict zod object with `stage: z.literal(name)`; every field described */
  readonly options: z.ZodType<Options> & { readonly shape: Readonly<Record<string, z.ZodType>> };
  /** the short-form field whose presence adds this stage to the chain */
  readonly trigger: string;
  /** true when the most likely token is the same before and after: greedy decoding may skip it */
  readonly keepsArgmax: boolean;
  /** true when it would change nothing; it is skipped, and listed as skipped in the trace */
  isNeutral(options: Options): boolean;
  /** rescales, edits or shrinks the candidates; at least one always stays */
  apply(candidates: Candidates, options: Options, context: StepContext): void;
}
