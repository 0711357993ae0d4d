/**
 * Caches the parsed form of short texts. A host sends the same options with every step of a sequence; only step and seed
 * change, and parsing the text again costs more than drawing the token. A text is cached when it comes a second time,
 * which never happens to one with a history.
 */
import type { StepOptions } from "../sampling/step.ts";
import type { JsonPlan } from "./row-forms.ts";
import type { StepPlan } from "./tensor/head.ts";
import type { InferencePlan } from "./v2/request.ts";

/** Number of cached texts of each kind. */
export const REMEMBERED_MAX = 256;
/** Longer texts would keep large options alive. */
export const REMEMBERED_LENGTH_MAX = 1024;

/** The form of step and seed: whole numbers with few enough digits for a float64, or a seed of 64 bits. */
interface NumberForms {
  readonly step: RegExp;
  readonly seed: RegExp;
}

export const IN_QUERY: NumberForms = {
  step: /(?:^|&)step=(0|[1-9]\d{0,14})(?=&|$)/,
  seed: /(?:^|&)seed=(0|[1-9]\d{0,18})(?=&|$)/,
};
/** The seed may be a string. */
export const IN_JSON: NumberForms = {
  step: /"step": ?(0|[1-9]\d{0,14})(?=[,}])/,
  seed: /"seed": ?"?(0|[1-9]\d{0,18})(?="?[,}])/,
};

/** The caches of a worker for requests of one step, and for inferences. */
export class Remembered {
  /** of query strings */
  readonly query = new RememberedTexts<StepPlan>(IN_QUERY);
  /** of JSON bodies, without the contents of their arrays of logits */
  readonly body = new RememberedTexts<JsonPlan>(IN_JSON);
  /** of JSON headers of tensors */
  readonly header = new RememberedTexts<StepPlan>(IN_JSON);
  /** of the JSON of /v2 */
  readonly inference = new RememberedTexts<InferencePlan>(IN_JSON);
}

interface Planned {
  /** undefined: the text does not hold all of them, and is not cached */
  readonly options: StepOptions | undefined;
}

/** A text without the digits of one number, and their position; −1 and "" when there was none. */
interface Cut {
  readonly rest: string;
  readonly at: number;
  readonly digits: string;
}

export class RememberedTexts<Plan extends Planned> {
  readonly #forms: NumberForms;
  /** by the text without step and seed; undefined: it has come once */
  readonly #known = new Map<string, Plan | undefined>();

  constructor(forms: NumberForms) {
    this.#forms = forms;
  }

  /** The plan that `make` makes of this text. It must depend on the text alone. */
  of(text: string, make: (text: string) => Plan): Plan {
    if (text.length > REMEMBERED_LENGTH_MAX) return make(text);
    const step = cut(text, this.#forms.step);
    const seed = cut(step.rest, this.#forms.seed);
    // The positions in the remaining text distinguish a removed number from one that was never there.
    const seed_before = seed.at < step.at ? seed.digits.length : 0;
    const key = `${step.at - seed_before} ${seed.at} ${seed.rest}`;
    const known = this.#known.get(key);
    if (known !== undefined) return withOwn(known, step, seed);
    const plan = make(text);
    if (this.#known.has(key)) {
      if (follows(plan, step, seed, make)) this.#known.set(key, plan);
    } else {
      if (this.#known.size >= REMEMBERED_MAX) this.#known.clear();
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

/** Both fields are in every copy, because an optional spread gives copies different hidden classes. */
function withOwn<Plan extends Planned>(plan: Plan, step: Cut, seed: Cut): Plan {
  const { options } = plan;
  const own_step = step.at < 0 ? options?.step : Number(step.digits);
  const own_seed = seed.at < 0 ? options?.seed : seed.digits;
  return { ...plan, options: { ...options, step: own_step, seed: own_seed } };
}

/** True when the removed numbers are the step and the seed, and not numbers deeper in the text. */
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

/** A different number with the same count of digits. */
function other(cut: Cut): Cut {
  return { ...cut, digits: cut.digits.replace(/.$/, (last) => (last === "1" ? "2" : "1")) };
}

/** The text after both cuts. */
function joined(step: Cut, seed: Cut): string {
  return put(put(seed.rest, seed), step);
}

function put(text: string, { at, digits }: Cut): string {
  return at < 0 ? text : text.slice(0, at) + digits + text.slice(at);
}
