/** The numbers of the last steps, and their mean: what the stops that look at rows have in common. */
import * as z from "zod";
import { listOf } from "../options/counted-fields.ts";
import { finite, whole } from "../options/fields.ts";

/** DeepConf looks at up to 2,048 steps. */
export const WINDOW_MAX = 2048;

export function windowLength(standard: number) {
  return whole({ min: 1, max: WINDOW_MAX })
    .default(standard)
    .describe("Over how many of the last steps the mean is taken; there is none before as many were made.");
}

/** The mean of a full window; undefined before it is full. */
export function meanOf(measured: readonly number[], window: number): number | undefined {
  if (measured.length < window) return undefined;
  let sum = 0;
  for (let i = 0; i < window; i++) sum += measured[i]!;
  return sum / window;
}

/** What a step must bring along of those before it. */
export const RECENT = z.strictObject({
  recent: listOf(finite(), { noun: "numbers", max: WINDOW_MAX }),
});

/** The numbers so far, of which only the last count: plain data in a reply, and one list that all steps of a sequence share. */
export interface Recent {
  readonly recent: readonly number[];
}

/** Where the numbers of a state stand in a list that later steps lengthen; a state of a request has none. */
const places = new WeakMap<Recent, { readonly values: number[]; readonly end: number }>();

/**
 * The state with one number more, of the last `window`. A sequence that keeps the states of all its steps keeps one list,
 * not a window for each: the list only grows, and a state knows where its own numbers end. A step that goes another way
 * from an older state takes a copy.
 */
export function withNumber(before: Recent, value: number, window: number): Recent {
  const place = places.get(before);
  const continues = place !== undefined && place.end === place.values.length;
  const values = continues ? place.values : [...before.recent];
  values.push(value);
  const end = values.length;
  const state = {
    get recent() {
      return values.slice(Math.max(end - window, 0), end);
    },
  };
  places.set(state, { values, end });
  return state;
}
