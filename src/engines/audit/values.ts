/** Finds another value of one option that would explain the observations: 0.9 in place of a top_p of 0.95. */
import type { Fit } from "../../sampling/explain/observed.ts";

/** The fit of the observations when one option has another value; undefined: the value is refused. */
export type Fits = (option: string, value: number) => Fit | undefined;

export interface ValueFound extends Fit {
  readonly option: string;
  readonly asked: number;
  readonly value: number;
}

/** Typical values of each option that is searched. */
const VALUES: Readonly<Record<string, readonly number[]>> = {
  temperature: range(0.05, 3, 0.05),
  top_p: range(0.01, 1, 0.01),
  top_k: [0, ...range(1, 64, 1), 80, 100, 128, 200, 256, 500, 1000],
  min_p: [0, 0.001, 0.002, 0.005, ...range(0.01, 0.5, 0.01)],
  typical_p: range(0.01, 1, 0.01),
  top_n_sigma: [0, ...range(0.1, 5, 0.1)],
  presence_penalty: range(-2, 2, 0.1),
  frequency_penalty: range(-2, 2, 0.1),
};
/** Halvings of the step around the nearest typical value. */
const REFINEMENTS = 6;

function range(from: number, to: number, step: number): number[] {
  const count = Math.round((to - from) / step) + 1;
  return Array.from({ length: count }, (_, place) => Number((from + place * step).toFixed(4)));
}

/** The nearest value of each numeric option in use, those that explain everything first. */
export function otherValues(options: Readonly<Record<string, unknown>>, fits: Fits, base: Fit): ValueFound[] {
  const found: ValueFound[] = [];
  for (const [option, asked] of Object.entries(options)) {
    const values = Object.hasOwn(VALUES, option) ? VALUES[option] : undefined;
    if (typeof asked !== "number" || values === undefined) continue;
    const best = nearest({ option, asked }, values, (value) => fits(option, value));
    if (best !== undefined && best.distance < base.distance * CLEARLY) found.push(best);
  }
  return found.sort((a, b) => Number(b.agrees) - Number(a.agrees) || a.distance - b.distance);
}

/** A value that removes less than a tenth of the difference explains nothing. */
const CLEARLY = 0.9;

function nearest(
  { option, asked }: Pick<ValueFound, "option" | "asked">,
  values: readonly number[],
  fitOf: (value: number) => Fit | undefined,
): ValueFound | undefined {
  let best: ValueFound | undefined;
  const tryValue = (value: number) => {
    const fit = value === asked ? undefined : fitOf(value);
    if (fit === undefined) return;
    const is_nearer = best === undefined || fit.distance < best.distance;
    if (best?.agrees !== true && is_nearer) best = { option, asked, value, ...fit };
  };
  for (const value of values) tryValue(value);
  let step = ((values[1] ?? 1) - (values[0] ?? 0)) / 2;
  const is_whole = option === "top_k";
  for (let halving = 0; !is_whole && halving < REFINEMENTS && best?.agrees !== true; halving++) {
    const { value } = best ?? { value: asked };
    for (const near of [value - step, value + step]) if (near >= 0) tryValue(Number(near.toFixed(5)));
    step /= 2;
  }
  return best;
}
