/**
 * What query strings say of steps, remembered: a host sends the same options with every step of a sequence, and only
 * step and seed change. Reading them anew would cost as much as drawing the token.
 */
import type { StepPlan } from "./tensor-reader.ts";

const PLANS_MAX = 256;
/** Longer strings would keep large options alive. */
const QUERY_LENGTH_MAX = 1024;

/** Whole numbers as JSON writes them, of so few digits that a float64 holds them. */
const CHANGING = /(^|&)(step|seed)=(0|[1-9]\d{0,14})(?=&|$)/g;

export class StepPlans {
  readonly #known = new Map<string, StepPlan>();

  /** The plan that `make` would make of this query string. */
  of(query: string, make: () => StepPlan): StepPlan {
    if (query.length > QUERY_LENGTH_MAX) return make();
    const changing: { step?: number; seed?: string } = {};
    // In place of a value stands a line feed, which no URL can hold, so that no other string looks the same.
    const key = query.replace(CHANGING, (_, before: string, name: string, digits: string) => {
      if (name === "step") changing.step = Number(digits);
      else changing.seed = digits;
      return `${before}${name}=\n`;
    });
    const known = this.#known.get(key);
    if (known !== undefined) return { ...known, options: { ...known.options, ...changing } };
    const plan = make();
    if (this.#known.size >= PLANS_MAX) this.#known.clear();
    this.#known.set(key, plan);
    return plan;
  }
}
