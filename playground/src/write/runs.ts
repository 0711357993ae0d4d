/**
 * A written text as the choices that reproduce it: how many tokens were drawn with which seed, chain and other options,
 * one run after another.
 */
import type { ChainList } from "../rows/examples.ts";
import { type Extras, isSameExtras } from "../state/extras.ts";

export interface Run {
  readonly tokens: number;
  readonly seed: string;
  readonly chain: ChainList;
  readonly extras: Extras;
}

/** The choices that decide a token. */
type Drawn = Omit<Run, "tokens"> & { readonly begins?: boolean };

/** Merges the tokens' runs into as few as possible: one for each change. */
export function runsOf(drawn: readonly Drawn[]): readonly Run[] {
  const runs: Run[] = [];
  for (const { seed, chain, extras, begins } of drawn) {
    const last = runs.at(-1);
    if (last !== undefined && begins !== true && isSameDrawing(last, { seed, chain, extras }))
      runs[runs.length - 1] = { ...last, tokens: last.tokens + 1 };
    else runs.push({ tokens: 1, seed, chain, extras });
  }
  return runs;
}

export function isSameDrawing(a: Omit<Run, "tokens">, b: Omit<Run, "tokens">): boolean {
  return a.seed === b.seed && isSameChain(a.chain, b.chain) && isSameExtras(a.extras, b.extras);
}

/** Equal for any order of the options. */
export function isSameChain(a: ChainList, b: ChainList): boolean {
  return a === b || inOrder(a) === inOrder(b);
}

function inOrder(chain: ChainList): string {
  return JSON.stringify(
    chain.map((entry) => Object.entries(entry).sort(([one], [other]) => (one < other ? -1 : 1))),
  );
}
