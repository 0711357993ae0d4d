/**
 * One known way in which samplers differ: an order, a rule for ties, a bound, a scope. An explanation turns the options
 * of a step into those of other samplers; the search takes the step so, and sees which comes nearest to what was observed.
 * It knows options alone, so that the core, the plain definitions and any other sampler can be asked.
 */
import type * as z from "zod";
import { type Chain, type ChainEntry, chainOfEntries, type ParsedEntry } from "../chain.ts";
import type { StepOptions } from "../step.ts";

/** Whether two samplers differ by the place of a stage, by the rule of one, or by what it looks at. */
export const EXPLANATION_KINDS = [
  "order",
  "ties",
  "bound",
  "scope",
  "rule",
  "number",
  "presence",
  "greedy",
] as const;
export type ExplanationKind = (typeof EXPLANATION_KINDS)[number];

export interface Explanation {
  /** snake_case, for reports */
  readonly name: string;
  /** what is tried, in one sentence */
  readonly summary: string;
  /** every way in which it could hold for this step; none where it cannot */
  propose(step: StepOptions, row: LogitsByToken): readonly Proposal[];
}

/** A step as another sampler takes it. */
export interface Proposal {
  readonly kind: ExplanationKind;
  /** the stage that makes the difference */
  readonly stage: string;
  /** `as if top_p came before temperature` */
  readonly says: string;
  readonly changed: StepOptions;
}

/** The logits as they came; −Infinity for a token that the row does not list. */
export type LogitsByToken = (token_id: number) => number;

/** The stages of a chain that do something, in their order. */
export function running({ chain }: StepOptions): readonly ChainEntry[] {
  return chain.filter(({ skipped }) => skipped !== "neutral");
}

/** The step with another chain. What runs is decided anew. */
export function withChain(step: StepOptions, chain: Chain | readonly ParsedEntry[]): StepOptions {
  return { ...step, chain: chainOfEntries(chain) };
}

/** The step with one entry of its running stages replaced. */
export function withEntry(step: StepOptions, place: number, ...entries: readonly ParsedEntry[]): StepOptions {
  const parts: readonly ParsedEntry[] = running(step);
  return withChain(step, parts.toSpliced(place, 1, ...entries));
}

/** The step with other values of some options of one running stage; undefined where a value is out of range. */
export function withOptions(
  step: StepOptions,
  place: number,
  changes: Readonly<Record<string, unknown>>,
): StepOptions | undefined {
  const { stage, options } = running(step)[place] as ChainEntry; // place is one of them
  for (const [name, value] of Object.entries(changes))
    if (fieldOf(stage.options, name)?.safeParse(value).success !== true) return undefined;
  return withEntry(step, place, { stage, options: { ...options, ...changes } });
}

/** The schema of one option of a stage. */
export function fieldOf(
  { shape }: { readonly shape: Readonly<Record<string, z.ZodType>> },
  name: string,
): z.ZodType | undefined {
  return Object.hasOwn(shape, name) ? shape[name] : undefined;
}

/** The value of an option of a running stage, as it was checked. */
export function optionOf({ options }: ParsedEntry, name: string): unknown {
  return (options as unknown as Readonly<Record<string, unknown>>)[name]; // options are plain records
}
