/**
 * One known way in which samplers differ: an order, a rule for ties, a bound, a scope. An explanation turns the options of
 * a step into those of other samplers. The search runs the step with them and keeps the ones that come nearest to the
 * observation. An explanation sees options alone, so it works with the core, the plain definitions and any other sampler.
 */
import type * as z from "zod";
import { type Chain, type ChainEntry, chainOfEntries, type ParsedEntry } from "../chain.ts";
import type { StepOptions } from "../step.ts";

/** Samplers differ by the place of a stage, by its rule, or by the tokens that it reads. */
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
  /** the difference that is tried, in one sentence */
  readonly summary: string;
  /** every variant of this difference for this step; none when it does not apply */
  propose(step: StepOptions, row: LogitsByToken): readonly Proposal[];
}

/** A step as another sampler takes it. */
export interface Proposal {
  readonly kind: ExplanationKind;
  /** the stage that causes the difference */
  readonly stage: string;
  /** `as if top_p came before temperature` */
  readonly says: string;
  readonly changed: StepOptions;
}

/** The unchanged logits; −Infinity for a token that the row does not list. */
export type LogitsByToken = (token_id: number) => number;

/** The stages of a chain that are not skipped, in their order. */
export function running({ chain }: StepOptions): readonly ChainEntry[] {
  return chain.filter(({ skipped }) => skipped !== "neutral");
}

/** The step with another chain. Skipped stages are decided again. */
export function withChain(step: StepOptions, chain: Chain | readonly ParsedEntry[]): StepOptions {
  return { ...step, chain: chainOfEntries(chain) };
}

/** The step with one entry of its running stages replaced. */
export function withEntry(step: StepOptions, place: number, ...entries: readonly ParsedEntry[]): StepOptions {
  const parts: readonly ParsedEntry[] = running(step);
  return withChain(step, parts.toSpliced(place, 1, ...entries));
}

/** The step with other values of some options of one running stage; undefined when a value is out of range. */
export function withOptions(
  step: StepOptions,
  place: number,
  changes: Readonly<Record<string, unknown>>,
): StepOptions | undefined {
  const { stage, options } = running(step)[place] as ChainEntry; // place is an index of the list
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

/** The checked value of an option of a running stage. */
export function optionOf({ options }: ParsedEntry, name: string): unknown {
  return (options as unknown as Readonly<Record<string, unknown>>)[name]; // options are plain records
}
