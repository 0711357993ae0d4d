/** The numbers of the last steps and their mean, shared by the stops that read rows. */
import * as z from "zod";
import { listOf } from "../options/counted-fields.ts";
import { finite, whole } from "../options/fields.ts";

/** DeepConf looks at up to 2,048 steps. */
export const WINDOW_MAX = 2048;

export function windowLength(standard: number) {
  return whole({ min: 1, max: WINDOW_MAX })
    .default(standard)
    .describe("Number of last steps in the mean. The stop does not apply before this number of steps.");
}

/** The mean of a full window; undefined before it is full. */
export function meanOf(measured: readonly number[], window: number): number | undefined {
  if (measured.length < window) return undefined;
  let sum = 0;
  for (let i = 0; i < window; i++) sum += measured[i]!;
  return sum / window;
}

/** The state that a step must send back. */
export const RECENT = z.strictObject({
  recent: listOf(finite(), { noun: "numbers", max: WINDOW_MAX }),
});

/**
 * The numbers so far, of which only the last count. They are plain data in a reply, and one list that all steps of a sequence
 * share.
 */
export interface Recent {
  readonly recent: readonly number[];
}

/** The end of a state's numbers in a list that later steps lengthen; absent for a state from a request. */
const places = new WeakMap<Recent, { readonly values: number[]; readonly end: number }>();

/**
 * The state with one more number, of the last `window`. All states of a sequence share one list, instead of a window
 * each. The list only grows, and a state stores where its own numbers end. A step that branches off from an older state
 * copies the list.
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
