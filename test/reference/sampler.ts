/**
 * The plain float64 sampler: every stage once more, written from its definition over ordinary arrays, with no care
 * for speed. It shares nothing with the core but the options and the uniforms, and is what the core must agree with.
 *
 * A new stage is added to the table below; the differential test takes it up when it has a generator there.
 */
import { editing } from "./stages/editing.ts";
import { removing } from "./stages/removing.ts";
import { rescaling } from "./stages/rescaling.ts";
import { sequences } from "./stages/sequences.ts";
import { steering } from "./stages/steering.ts";
import { probabilitiesOf, type Rule, type Token, type World } from "./tokens.ts";

export const REFERENCE: Readonly<Record<string, Rule>> = {
  ...editing,
  ...sequences,
  ...rescaling,
  ...removing,
  ...steering,
};

export interface ReferenceAnswer {
  /** ascending */
  readonly token_ids: readonly number[];
  readonly probabilities: readonly number[];
  /** how near any decision came to going the other way: below 1e-6 either answer is right */
  readonly margin: number;
}

export interface ReferenceEntry {
  readonly stage: string;
  readonly options: object;
}

/** Runs the stages in order over the tokens that are not at −Infinity; no tokens when the chain masks them all. */
export function referenceSurvivors(
  logits: ArrayLike<number>,
  chain: readonly ReferenceEntry[],
  sequence: Omit<World, "vocab_size" | "near">,
): ReferenceAnswer {
  let margin = Number.POSITIVE_INFINITY;
  const world: World = {
    ...sequence,
    vocab_size: logits.length,
    near: (distance) => {
      if (distance !== 0) margin = Math.min(margin, Math.abs(distance));
    },
  };
  let tokens: readonly Token[] = Array.from(logits, (score, id) => ({ id, score })).filter(
    ({ score }) => score !== Number.NEGATIVE_INFINITY,
  );
  for (const { stage, options } of chain) {
    const rule = REFERENCE[stage];
    if (rule === undefined) throw new Error(`the reference has no stage ${stage}`);
    if (tokens.length > 0) tokens = rule(tokens, options as Readonly<Record<string, unknown>>, world);
  }
  tokens = [...tokens].sort((a, b) => a.id - b.id);
  return { token_ids: tokens.map(({ id }) => id), probabilities: probabilitiesOf(tokens), margin };
}
