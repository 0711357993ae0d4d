/**
 * The stages in which two chains differ. Each difference is one chain with that difference removed, which shows how
 * much of the distance it causes.
 */
import { type Chain, type ChainEntry, chainOfEntries } from "../chain.ts";
import type { StepOptions } from "../step.ts";

/** How a stage differs: only one chain has it, its options differ, or its place differs. */
export interface ChangedStage {
  readonly stage: string;
  readonly differs: "presence" | "options" | "place";
  /** which options differ */
  readonly options?: readonly string[];
  /** the stages that come before it in one chain and after it in the other */
  readonly across?: readonly string[];
}

export interface Change extends ChangedStage {
  /** true when only the other chain has the stage */
  readonly of_other: boolean;
  /** the options of one chain, with this stage as in the other */
  readonly changed: StepOptions;
}

/** Every change of one stage that makes `one` more like `other`. */
export function changesTowards(one: StepOptions, other: StepOptions): Change[] {
  const pairs = pairsOf(one.chain, other.chain);
  const own = one.chain.flatMap((_, i) => {
    const j = pairs[i];
    if (j === undefined) return without(one, i);
    return [...withOptions(one, i, other, j), ...moved(one, i, pairs)];
  });
  return [...own, ...other.chain.flatMap((_, j) => (pairs.includes(j) ? [] : having(one, pairs, other, j)))];
}

/**
 * For each entry of one chain, the index of its twin in the other: an equal entry if there is one, otherwise one of the same
 * stage, or the stage that replaces it.
 */
function pairsOf(one: Chain, other: Chain): (number | undefined)[] {
  const pairs: (number | undefined)[] = one.map(() => undefined);
  const free = new Set(other.keys());
  for (const areTwins of [isSame, isSameStage, standsIn])
    for (const [i, entry] of one.entries()) {
      if (pairs[i] !== undefined) continue;
      const j = [...free].find((each) => areTwins(entry, other[each] as ChainEntry)); // free holds indices of other
      pairs[i] = j;
      if (j !== undefined) free.delete(j);
    }
  return pairs;
}

function isSame(one: ChainEntry, other: ChainEntry): boolean {
  return isSameStage(one, other) && differing(one, other).length === 0;
}

function isSameStage({ stage }: ChainEntry, other: ChainEntry): boolean {
  return stage === other.stage;
}

function standsIn({ stage }: ChainEntry, { stage: other }: ChainEntry): boolean {
  return (stage.replaces ?? []).includes(other.name) || (other.replaces ?? []).includes(stage.name);
}

/** Names of the options that differ. */
function differing({ options: one }: ChainEntry, { options: other }: ChainEntry): string[] {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  const text = (options: object, name: string) => JSON.stringify((options as Record<string, unknown>)[name]);
  return [...names].filter((name) => text(one, name) !== text(other, name));
}

function without(one: StepOptions, i: number): Change[] {
  const { stage, skipped } = one.chain[i] as ChainEntry; // i is an index of it
  if (skipped !== undefined) return [];
  return [
    {
      stage: stage.name,
      differs: "presence",
      of_other: false,
      changed: withChain(one, one.chain.toSpliced(i, 1)),
    },
  ];
}

/** The other chain's stage, inserted after the twin of the stage before it there. */
function having(
  one: StepOptions,
  pairs: readonly (number | undefined)[],
  other: StepOptions,
  j: number,
): Change[] {
  const entry = other.chain[j] as ChainEntry; // j is an index of it
  if (entry.skipped !== undefined) return [];
  const before = pairs.findLastIndex((twin) => twin !== undefined && twin < j);
  const changed = withChain(one, one.chain.toSpliced(before + 1, 0, entry));
  const stage = entry.stage.name;
  return [{ stage, differs: "presence", of_other: true, changed: withState(changed, other, stage) }];
}

function withOptions(one: StepOptions, i: number, other: StepOptions, j: number): Change[] {
  const entry = one.chain[i] as ChainEntry; // both are indices
  const twin = other.chain[j] as ChainEntry;
  const options = differing(entry, twin);
  if (options.length === 0) return [];
  const changed = withState(withChain(one, one.chain.with(i, twin)), other, twin.stage.name);
  return [{ stage: entry.stage.name, differs: "options", options, of_other: false, changed }];
}

/** Moves entry i past all entries whose twins are on the other side of its twin: after the last, or before the first. */
function moved(one: StepOptions, i: number, pairs: readonly (number | undefined)[]): Change[] {
  const j = pairs[i] as number; // only entries with a twin are moved
  const crossed = [...pairs.entries()].filter(
    ([k, twin]) => twin !== undefined && k < i !== twin < j && k !== i,
  );
  const places = crossed.map(([k]) => k);
  if (places.length === 0) return [];
  const { chain } = one;
  const entry = chain[i] as ChainEntry;
  const [first = i, last = first] = [places[0], places.at(-1)];
  const rest = chain.toSpliced(i, 1);
  const changed = withChain(one, rest.toSpliced(first < i ? first : last, 0, entry));
  const across = places.map((k) => (chain[k] as ChainEntry).stage.name);
  return [{ stage: entry.stage.name, differs: "place", across, of_other: false, changed }];
}

/** Decides again which stages run: a greedy stage makes others pointless. */
function withChain(options: StepOptions, chain: Chain): StepOptions {
  return { ...options, chain: chainOfEntries(chain) };
}

/** A stage from the other chain brings the state that it has there. */
function withState(options: StepOptions, { state }: StepOptions, stage: string): StepOptions {
  if (!Object.hasOwn(state, stage)) return options;
  return { ...options, state: { ...options.state, [stage]: state[stage] } };
}
