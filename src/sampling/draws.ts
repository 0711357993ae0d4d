/** The draws of one step, all at once or some at a time. */
import { Problem } from "../errors.ts";
import type { Candidates } from "./candidates/candidates.ts";
import type { StepContext } from "./context.ts";
import type { StepOptions } from "./options/step-options.ts";

/** Chooses the token of a step in another way than from its own uniform: see verify. */
export type Drawing = (candidates: Candidates, context: StepContext) => number;

export function drawAll(
  candidates: Candidates,
  context: StepContext,
  { n = 1, replacement }: StepOptions,
  drawing?: Drawing,
): number[] {
  if (drawing !== undefined) return [drawing(candidates, context)];
  if (n === 1) return [candidates.draw(() => context.uniform("token"))];
  const uniforms = Array.from({ length: n }, (_, draw) => context.uniform("token", draw));
  if (replacement) return candidates.drawEach(uniforms, true);
  const kept = candidates.count();
  if (n > kept)
    throw new Problem(
      "invalid_option",
      `n must be at most the number of tokens left, ${kept}, got ${n}`,
      "/n",
    );
  return candidates.drawEach(uniforms, false);
}

/** Draws that are made between two pauses. */
const DRAWS = 256;

/** The same with pauses, where each draw costs a pass. */
export function* drawInPieces(
  candidates: Candidates,
  context: StepContext,
  options: StepOptions,
  drawing?: Drawing,
): Generator<undefined, number[]> {
  const { n = 1, replacement } = options;
  const is_quick = n <= DRAWS || !replacement || !candidates.draws_apart;
  if (is_quick || drawing !== undefined) return drawAll(candidates, context, options, drawing);
  const drawn: number[] = [];
  for (let from = 0; from < n; from += DRAWS) {
    const length = Math.min(DRAWS, n - from);
    const uniforms = Array.from({ length }, (_, i) => context.uniform("token", from + i));
    for (const token_id of candidates.drawEach(uniforms, true)) drawn.push(token_id);
    yield;
  }
  return drawn;
}
