/**
 * The chain: stages in the order in which they run, each with its checked options. This file knows no single stage:
 * each stage declares what the chain needs to know.
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
  /** why the stage is skipped: its options are neutral, or a greedy stage makes it pointless */
  readonly skipped: Skipped | undefined;
}

export type Chain = readonly ChainEntry[];

/**
 * Runs every stage that is not skipped. At least one candidate is left, or a Problem names the stage that masked the
 * last.
 */
export function runChain(chain: Chain, candidates: Candidates, context: StepContext): void {
  const last = lastOf(chain);
  for (let i = 0; i <= last; i++) runStage(chain[i] as ChainEntry, i === last, candidates, context); // i < length
}

/** Runs a stage, unless it is skipped. `is_last`: no later stage runs. */
export function runStage(
  { stage, options, skipped }: ChainEntry,
  is_last: boolean,
  candidates: Candidates,
  context: StepContext,
): void {
  if (skipped !== undefined) return;
  candidates.beginStage(stage.name, is_last);
  stage.apply(candidates, options, context);
  candidates.endStage(stage.name);
}

/** Index of the last stage that runs; −1 when none does. */
export function lastOf(chain: Chain): number {
  let last = chain.length - 1;
  while (last >= 0 && chain[last]?.skipped !== undefined) last--;
  return last;
}

/** True when everything that stages prepare is ready. `text` is only called when a stage has something to prepare. */
export function isPrepared(chain: Chain, text: () => StepText): boolean {
  for (const { stage, options, skipped } of chain)
    if (skipped === undefined && stage.isPrepared?.(options, text()) === false) return false;
  return true;
}

/** Prepares the stages' data, in pieces. */
export function* prepareChain(chain: Chain, text: StepText): Generator<undefined, void> {
  for (const { stage, options, skipped } of chain)
    if (skipped === undefined && stage.prepare !== undefined) yield* stage.prepare(options, text);
}

/**
 * What the stages report about a drawn token; undefined when no stage reports anything. It runs in pieces when a
 * stage takes long.
 */
export function toldBy(
  chain: Chain,
  context: StepContext,
  token_id: number,
): Told | undefined | Generator<undefined, Told | undefined> {
  let told: Told | undefined;
  let later: Generator<undefined, Told | undefined>[] = NONE_LATER;
  for (const { stage, options, skipped } of chain) {
    if (skipped !== undefined || stage.tells === undefined) continue;
    const tells = stage.tells(options, context, token_id);
    if (tells === undefined) continue;
    if ("next" in tells) later = [...later, tells];
    else told = { ...told, ...tells };
  }
  if (later.length > 0) return toldLater(told, later);
  return told === undefined || Object.keys(told).length === 0 ? undefined : told;
}

const NONE_LATER: Generator<undefined, Told | undefined>[] = [];

function* toldLater(
  first: Told | undefined,
  later: readonly Generator<undefined, Told | undefined>[],
): Generator<undefined, Told | undefined> {
  let told = first;
  for (const pieces of later) {
    const tells = yield* pieces;
    if (tells !== undefined) told = { ...told, ...tells };
  }
  return told === undefined || Object.keys(told).length === 0 ? undefined : told;
}

/** The states after a draw, of the stages that have one; null when no stage has a state. */
export function nextStates(
  chain: Chain,
  states: Readonly<Record<string, unknown>>,
  candidates: Candidates,
  context: StepContext,
  token_id: number,
): Readonly<Record<string, unknown>> | null {
  let next: Record<string, unknown> | null = null;
  for (const { stage, options, skipped } of chain) {
    if (stage.state === undefined) continue;
    const state = states[stage.name];
    next ??= {};
    next[stage.name] =
      skipped === undefined
        ? stage.state.next(state, options, {
            token_id,
            context,
            logprob: () => candidates.logprob(token_id),
            remembered: context.remembered.of(token_id),
          })
        : state;
  }
  return next;
}

/** Builds a chain of these stages with their options, in this order. */
export function chainOfEntries(parts: readonly ParsedEntry[]): Chain {
  const [from, greedy_at] = pointlessRange(parts);
  return parts.map(({ stage, options }, i) => {
    if (stage.isNeutral(options)) return { stage, options, skipped: "neutral" };
    return { stage, options, skipped: i >= from && i < greedy_at ? "greedy" : undefined };
  });
}

/**
 * The stages that a greedy stage makes pointless: those directly before it, as long as each of them keeps the
 * argmax. A stage before one that may change the argmax must run, because a penalty could lift a token that was
 * already removed.
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
