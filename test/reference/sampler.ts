/**
 * The plain float64 sampler: every stage again, written from its definition over ordinary arrays, without regard for
 * speed. The core must agree with it; the two share only the options and the uniforms.
 *
 * It uses all stages that the files of `stages/` export: a new stage needs a file there and no change here.
 */
import { readdirSync } from "node:fs";
import type { Reference } from "./reference.ts";
import { probabilitiesOf, type Token, type World } from "./tokens.ts";

const files = readdirSync(new URL("./stages/", import.meta.url)).map((file) => file.replace(/\.ts$/, ""));
const modules = await Promise.all(
  // Each file there exports its stages under this name.
  files.map((file) => import(`./stages/${file}.ts`) as Promise<{ readonly stages: Reference }>),
);

export const REFERENCE: Reference = Object.assign({}, ...modules.map(({ stages }) => stages));

export interface ReferenceAnswer {
  /** ascending */
  readonly token_ids: readonly number[];
  readonly probabilities: readonly number[];
  /** the smallest distance of any decision from its bound; below 1e-6 either answer is right */
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
    const reference = REFERENCE[stage];
    if (reference === undefined) throw new Error(`the reference has no stage ${stage}`);
    if (tokens.length > 0)
      tokens = reference.rule(tokens, options as Readonly<Record<string, unknown>>, world);
  }
  tokens = [...tokens].sort((a, b) => a.id - b.id);
  return { token_ids: tokens.map(({ id }) => id), probabilities: probabilitiesOf(tokens), margin };
}
