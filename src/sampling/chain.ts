/**
 * The chain: stages in the order in which they run, each with its checked options. Nothing here knows any single stage:
 * what must be known, the stage declares.
 */
import type { Candidates } from "./candidates/candidates.ts";
import type { StepContext } from "./context.ts";
import type { StepText } from "./history/step-text.ts";
import type { Skipped, Stage, StageOptions, Told } from "./stage.ts";

/** A stage and its checked options. */
export interface ParsedEntry {
  readonly stage: Stage;
  readonly options: StageOptions;
}

export interface ChainEntry extends ParsedEntry {
  /** why it does not run: its options are neutral, or a greedy chain makes it pointless */
  readonly skipped: Skipped | undefined;
}

export type Chain = readonly ChainEntry[];

/** Runs every stage that has something to do; at least one candidate is left, or a Problem names who masked the last. */
export function runChain(chain: Chain, candidates: Candidates, context: StepContext): void {
  for (let i = 0; i < chain.length; i++) runStage(chain[i] as ChainEntry, candidates, context); // i < length
}

/** Runs one of them, as far as it is not skipped. */
export function runStage(
  { stage, options, skipped }: ChainEntry,
  candidates: Candidates,
  context: StepContext,
): void {
  if (skipped !== undefined) return;
  candidates.beginStage(stage.name);
  stage.apply(candidates, options, context);
  candidates.endStage(stage.name);
}

/** Whether all is there that stages may take long to make; `text` is asked for by those that have something to make. */
export function isPrepared(chain: Chain, text: () => StepText): boolean {
  for (const { stage, options, skipped } of chain)
    if (skipped === undefined && stage.isPrepared?.(options, text()) === false) return false;
  return true;
}

/** Makes it, a piece at a time. */
export function* prepareChain(chain: Chain, text: StepText): Generator<undefined, void> {
  for (const { stage, options, skipped } of chain)
    if (skipped === undefined && stage.prepare !== undefined) yield* stage.prepare(options, text);
}

/** What the stages tell of a drawn token; undefined when none does. */
export function toldBy(chain: Chain, context: StepContext, token_id: number): Told | undefined {
  let told: Told | undefined;
  for (const { stage, options, skipped } of chain)
    if (skipped === undefined && stage.tells !== undefined)
      told = { ...told, ...stage.tells(options, context, token_id) };
  return told;
}

/** The states after a draw, of the stages that carry one; null when none does. */
export function nextStates(
  chain: Chain,
  states: Readonly<Record<string, unknown>>,
  candidates: Candidates,
  context: StepContext,
  token_id: number,
): Readonly<Record<string, unknown>> | null {
  if (isEmpty(states)) return null;
  const drawn = {
    token_id,
    context,
    logprob: () => candidates.logprob(token_id),
    remembered: context.remembered.of(token_id),
  };
  const next: Record<string, unknown> = {};
  for (const { stage, options, skipped } of chain) {
    if (stage.state === undefined) continue;
    const state = states[stage.name];
    next[stage.name] = skipped === undefined ? stage.state.next(state, options, drawn) : state;
  }
  return next;
}

/** Whether no stage carries a state: each that does has one from the start. */
function isEmpty(states: Readonly<Record<string, unknown>>): boolean {
  for (const _ in states) return false;
  return true;
}

/** A chain of these stages with their options, in this order. */
export function chainOfEntries(parts: readonly ParsedEntry[]): Chain {
  const [from, greedy_at] = pointlessRange(parts);
  return parts.map(({ stage, options }, i) => {
    if (stage.isNeutral(options)) return { stage, options, skipped: "neutral" };
    return { stage, options, skipped: i >= from && i < greedy_at ? "greedy" : undefined };
  });
}

/**
 * The stages that a greedy one makes pointless: those right before it, as far as all of them keep the argmax. What
 * stands before a stage that may change it must run: a penalty could lift a token that was removed by then.
 */
function pointlessRange(parts: readonly ParsedEntry[]): readonly [from: number, greedy_at: number] {
  const greedy_at = parts.findIndex(({ stage, options }) => stage.isGreedy?.(options));
  let from = greedy_at;
  while (from > 0 && keepsArgmax(parts[from - 1] as ParsedEntry)) from--; // from > 0
  return [from, greedy_at];
}

function keepsArgmax({ stage, options }: ParsedEntry): boolean {
  return stage.keepsArgmax || stage.keepsArgmaxWith?.(options) === true || stage.isNeutral(options);
}
