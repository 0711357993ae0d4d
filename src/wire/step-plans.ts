/**
 * What query strings say of steps, remembered: a host sends the same options with every step of a sequence, and only
 * step and seed change. Reading them anew would cost as much as drawing the token.
 */
import { JsonPlans, PLANS_MAX, REMEMBERED_LENGTH_MAX } from "./json-plans.ts";
import type { JsonPlan } from "./json-reader.ts";
import type { StepPlan } from "./tensor/step-reader.ts";
import type { InferencePlan } from "./v2/infer-reader.ts";

/** All that a worker remembers of requests for one step, or for an inference. */
export class Plans {
  /** of query strings */
  readonly query = new StepPlans();
  /** of JSON bodies, without what stood in their arrays of logits */
  readonly body = new JsonPlans<JsonPlan>();
  /** of JSON in front of tensors */
  readonly header = new JsonPlans<StepPlan>();
  /** of the JSON of /v2 */
  readonly inference = new JsonPlans<InferencePlan>();
}

/** Whole numbers as JSON writes them, of no more digits than a float64, or a seed of 64 bits, surely holds. */
const STEP = /^(?:0|[1-9]\d{0,14})$/;
const SEED = /^(?:0|[1-9]\d{0,18})$/;

export class StepPlans {
  readonly #known = new Map<string, StepPlan>();

  /** The plan that `make` would make of this query string. */
  of(query: string, make: () => StepPlan): StepPlan {
    if (query.length > REMEMBERED_LENGTH_MAX) return make();
    const [without_step, step] = cut(`&${query}`, "&step=", STEP);
    const [key, seed] = cut(without_step, "&seed=", SEED);
    const known = this.#known.get(key);
    if (known === undefined) return this.#remember(key, make());
    const { tensor, sparse, options } = known;
    // Both in every copy: what is spread only sometimes gives each copy a hidden class of its own.
    const own_step = step === "" ? options.step : Number(step);
    const own_seed = seed === "" ? options.seed : seed;
    return { tensor, sparse, options: { ...options, step: own_step, seed: own_seed } };
  }

  #remember(key: string, plan: StepPlan): StepPlan {
    if (this.#known.size >= PLANS_MAX) this.#known.clear();
    this.#known.set(key, plan);
    return plan;
  }
}

/**
 * Takes the value behind `mark` out of a query string, if it is written like `form`; otherwise it stays, and "" is
 * told. In its place stands a line feed, which no URL can hold, so that no other string looks the same.
 */
function cut(text: string, mark: string, form: RegExp): readonly [rest: string, value: string] {
  const at = text.indexOf(mark);
  if (at < 0) return [text, ""];
  const begin = at + mark.length;
  const next = text.indexOf("&", begin);
  const end = next < 0 ? text.length : next;
  const value = text.slice(begin, end);
  if (!form.test(value)) return [text, ""];
  return [`${text.slice(0, begin)}\n${text.slice(end)}`, value];
}
