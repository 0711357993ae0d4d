/**
 * What short JSON texts said of steps, remembered, as step-plans.ts does for query strings: reading a text anew costs
 * more than drawing the token. A text is kept when it comes a second time: one with a history never does.
 */
import type { StepOptions } from "../sampling/options/step-options.ts";

/** How many are remembered. */
export const PLANS_MAX = 256;
/** Longer texts would keep large options alive. */
export const REMEMBERED_LENGTH_MAX = 1024;

/** Whole numbers of no more digits than a float64, or a seed of 64 bits, surely holds; the seed may be a string. */
const STEP = /"step": ?(0|[1-9]\d{0,14})(?=[,}])/;
const SEED = /"seed": ?"?(0|[1-9]\d{0,18})(?="?[,}])/;

interface Planned {
  /** undefined: the text does not tell all of them, and is not remembered */
  readonly options: StepOptions | undefined;
}

/** A text without the digits of one number, and where they stood; −1 and "" when there was none. */
interface Cut {
  readonly rest: string;
  readonly at: number;
  readonly digits: string;
}

export class JsonPlans<Plan extends Planned> {
  /** by the text without step and seed; undefined: it has come once */
  readonly #known = new Map<string, Plan | undefined>();

  /** The plan that `make` makes of this text. It must depend on the text alone. */
  of(text: string, make: (text: string) => Plan): Plan {
    if (text.length > REMEMBERED_LENGTH_MAX) return make(text);
    const step = cut(text, STEP);
    const seed = cut(step.rest, SEED);
    // The places tell apart what has a number there from what never had one.
    const key = `${step.at} ${seed.at} ${seed.rest}`;
    const known = this.#known.get(key);
    if (known !== undefined) return withOwn(known, step, seed);
    const plan = make(text);
    if (this.#known.has(key)) {
      if (follows(plan, step, seed, make)) this.#known.set(key, plan);
    } else {
      if (this.#known.size >= PLANS_MAX) this.#known.clear();
      this.#known.set(key, undefined);
    }
    return plan;
  }
}

function cut(text: string, form: RegExp): Cut {
  const match = form.exec(text);
  if (match === null) return { rest: text, at: -1, digits: "" };
  const digits = match[1] as string; // the form has one group
  const end = match.index + match[0].length;
  const at = end - digits.length;
  return { rest: text.slice(0, at) + text.slice(end), at, digits };
}

/** Both in every copy: what is spread only sometimes gives each copy a hidden class of its own. */
function withOwn<Plan extends Planned>(plan: Plan, step: Cut, seed: Cut): Plan {
  const { options } = plan;
  const own_step = step.at < 0 ? options?.step : Number(step.digits);
  const own_seed = seed.at < 0 ? options?.seed : seed.digits;
  return { ...plan, options: { ...options, step: own_step, seed: own_seed } };
}

/** Whether the numbers that were cut out are the step and the seed, and not those of something deeper in the text. */
function follows<Plan extends Planned>(
  plan: Plan,
  step: Cut,
  seed: Cut,
  make: (text: string) => Plan,
): boolean {
  if (!says(plan, step, seed)) return false;
  const [other_step, other_seed] = [other(step), other(seed)];
  return says(make(joined(other_step, other_seed)), other_step, other_seed);
}

function says({ options }: Planned, step: Cut, seed: Cut): boolean {
  return (
    options !== undefined &&
    (step.at < 0 || options.step === Number(step.digits)) &&
    (seed.at < 0 || options.seed === seed.digits)
  );
}

/** Another number of as many digits. */
function other(cut: Cut): Cut {
  return { ...cut, digits: cut.digits.replace(/.$/, (last) => (last === "1" ? "2" : "1")) };
}

/** The text that was cut twice. */
function joined(step: Cut, seed: Cut): string {
  return put(put(seed.rest, seed), step);
}

function put(text: string, { at, digits }: Cut): string {
  return at < 0 ? text : text.slice(0, at) + digits + text.slice(at);
}
