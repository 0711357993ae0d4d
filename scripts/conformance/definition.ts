/** The answers of the suite: by the plain float64 definitions of test/reference, which share no arithmetic with the core. */

import { type Otherwise, short } from "../../evidence/conformance/vector.ts";
import { running } from "../../src/sampling/explain/explanation.ts";
import { explanationsOf } from "../../src/sampling/explain/explanations/index.ts";
import { parseStepOptions } from "../../src/sampling/options/step-options.ts";
import type { StepOptions } from "../../src/sampling/step.ts";
import { referenceSurvivors } from "../../test/reference/sampler.ts";

/** Closer to a bound than this a sampler in float32 may decide otherwise; the suite has no such rows. */
export const MARGIN = 2e-4;
/** The largest difference of a probability that float32 explains. */
export const TOLERANCE = 1e-5;

export interface Answer {
  readonly kept: readonly number[];
  readonly probabilities: readonly number[];
  readonly margin: number;
}

/** The step of a line. */
export interface Question {
  readonly chain: readonly Readonly<Record<string, unknown>>[];
  readonly row: readonly number[];
  readonly history?: readonly number[] | undefined;
  readonly prompt_length?: number | undefined;
  readonly state?: Readonly<Record<string, unknown>> | undefined;
}

export function stepOf({ row: _, ...question }: Question): StepOptions {
  const given = Object.entries(question).filter(([, value]) => value !== undefined);
  return parseStepOptions({ ...Object.fromEntries(given), seed: 0 });
}

export function answerOf(step: StepOptions, row: readonly number[]): Answer {
  const { token_ids, probabilities, margin } = referenceSurvivors(
    row,
    running(step).map(({ stage, options }) => ({ stage: stage.name, options })),
    {
      history: Array.from(step.history),
      prompt_length: step.prompt_length,
      // No stage of the suite draws: xtc_probability is 1, or xtc_outcome is "average".
      uniform: () => 0,
      state: (stage) => step.state[stage] as Readonly<Record<string, unknown>>, // plain data, of the stages that have one
    },
  );
  return { kept: token_ids, probabilities, margin };
}

/** The distinct answers of known mistakes that differ from the right answer. */
export function otherwiseOf(
  step: StepOptions,
  row: readonly number[],
  right: Answer,
): (Otherwise & Pick<Answer, "kept">)[] {
  const found = new Map<
    string,
    { as: string[]; kept: readonly number[]; probabilities: readonly number[] }
  >();
  for (const { says, changed } of inTurns(proposals(step, row))) {
    const { kept, probabilities } = answerOf(changed, row);
    if (kept.length === 0 || isSame(right, { kept, probabilities })) continue;
    const shortened = probabilities.map(short);
    const key = `${kept.join()}:${probabilities.map((p) => p.toFixed(4)).join()}`;
    const same = found.get(key);
    if (same === undefined) found.set(key, { as: [says], kept, probabilities: shortened });
    else if (!same.as.includes(says)) same.as.push(says);
  }
  return [...found.values()];
}

/** Two answers closer than this count as equal. */
const APART = 1e-3;

export function isSame(one: Pick<Answer, "kept" | "probabilities">, other: typeof one): boolean {
  return (
    one.kept.length === other.kept.length &&
    one.kept.every((id, i) => id === other.kept[i]) &&
    one.probabilities.every((p, i) => Math.abs(p - (other.probabilities[i] as number)) < APART) // as many
  );
}

function proposals(step: StepOptions, row: readonly number[]) {
  return explanationsOf(step, (id) => row[id] ?? Number.NEGATIVE_INFINITY);
}

/** One answer of each explanation in turn, so that the first few include every kind. */
function inTurns<Named extends { readonly name: string }>(list: readonly Named[]): Named[] {
  const turns = new Map<string, number>();
  const numbered = list.map((each) => {
    const turn = turns.get(each.name) ?? 0;
    turns.set(each.name, turn + 1);
    return { each, turn };
  });
  return numbered.sort((a, b) => a.turn - b.turn).map(({ each }) => each);
}
