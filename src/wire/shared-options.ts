/** The options that the rows of a batch share, and the assignment of their faults to rows. */
import { Problem } from "../errors.ts";
import { type PreparedHistory, prepareHistory } from "../sampling/history/prepared-history.ts";
import type { OptionLimits } from "../sampling/options/option-limits.ts";
import { mergeStepOptions, parseStepOptions } from "../sampling/options/step-options.ts";
import type { StepOptions } from "../sampling/step.ts";

type Fields = Readonly<Record<string, unknown>>;

type ParseOptions = (fields: Fields, limits: OptionLimits) => StepOptions;

/** Options that rows may have without their own chain or history. */
const OWN_NUMBERS: ReadonlySet<string> = new Set(["seed", "step"]);

/** The sequence that rows share. */
type Sequence = Pick<StepOptions, "history" | "prompt_length"> & {
  readonly prepared: PreparedHistory | undefined;
};

/** The result of a check, which runs once and is reported to each row. */
type Checked<Value> = { readonly value: Value } | { readonly problem: Problem };

/**
 * Options that the rows of one request share, with each row's own merged over them. Large values, such as a
 * history of a million tokens or thousands of biases, are checked once, not for every row.
 */
export class SharedOptions {
  readonly #shared: Fields;
  readonly #limits: OptionLimits;
  readonly #check: ParseOptions;
  /** without the sequence */
  readonly #others: Fields;
  #sequence: Checked<Sequence> | undefined;
  #common: Checked<StepOptions> | undefined;

  /** `parse` checks the options of a row. */
  constructor(shared: Fields, limits: OptionLimits, parse: ParseOptions = parseStepOptions) {
    const { history: _, prompt_length: __, ...others } = shared;
    this.#shared = shared;
    this.#limits = limits;
    this.#check = parse;
    this.#others = others;
  }

  /** The options of a row with these own options. Throws a Problem whose pointer is relative to the row. */
  of(own: Fields): StepOptions {
    const names = Object.keys(own);
    if (names.length === 0) return this.#ofAll();
    if (names.every((name) => OWN_NUMBERS.has(name))) {
      const numbers = mergeStepOptions(numbersOf(this.#shared), own);
      // In some presets, -1 asks for a random seed.
      if (String(numbers["seed"]) === "-1") return this.#parse(mergeStepOptions(this.#shared, own));
      const { seed, step } = this.#parse(numbers);
      return { ...this.#ofAll(), seed, step };
    }
    if ("history" in own || "prompt_length" in own || this.#shared["history"] === undefined)
      return this.#parse(mergeStepOptions(this.#shared, own));
    return this.#withSequence(mergeStepOptions(this.#others, own));
  }

  #ofAll(): StepOptions {
    this.#common ??= attempt(() =>
      this.#shared["history"] === undefined ? this.#parse(this.#shared) : this.#withSequence(this.#others),
    );
    return checked(this.#common);
  }

  #withSequence(fields: Fields): StepOptions {
    // The history is checked separately, so it is not missing here.
    const options = this.#parse({ ...fields, history: [] });
    this.#sequence ??= attempt(() => this.#sequenceOf());
    return { ...options, ...checked(this.#sequence) };
  }

  #sequenceOf(): Sequence {
    const { history, prompt_length } = this.#shared;
    const options = this.#parse({ history, ...(prompt_length !== undefined && { prompt_length }) });
    const prepared = prepareHistory(options.history);
    return { history: options.history, prompt_length: options.prompt_length, prepared };
  }

  #parse(fields: Fields): StepOptions {
    return this.#check(fields, this.#limits);
  }
}

function numbersOf({ seed, step }: Fields): Fields {
  return { ...(seed !== undefined && { seed }), ...(step !== undefined && { step }) };
}

function attempt<Value>(make: () => Value): Checked<Value> {
  try {
    return { value: make() };
  } catch (error) {
    if (error instanceof Problem) return { problem: error };
    throw error;
  }
}

function checked<Value>(checked: Checked<Value>): Value {
  if ("problem" in checked) throw checked.problem;
  return checked.value;
}

/**
 * A misspelt shared option fails the whole batch. Any other fault of the shared options is reported by each
 * row, because a row's own options may correct it.
 */
export function requireKnown(
  shared: Fields,
  limits: OptionLimits,
  parse: ParseOptions = parseStepOptions,
): void {
  try {
    parse(shared, limits);
  } catch (error) {
    if (error instanceof Problem && error.code === "unknown_option") throw error;
  }
}

/**
 * The problem of row `index`, relative to the batch. A pointer to a shared option leads to that option. Errors that are
 * not the row's are thrown: a defect, or a server without a free row, which would refuse the other rows too.
 */
export function rowProblem(error: unknown, index: number, own: Fields, shared: Fields): Problem {
  if (!(error instanceof Problem) || error.code === "overloaded") throw error;
  const field = error.pointer.split("/")[1] ?? "";
  const is_shared = field in shared && !(field in own);
  return is_shared ? error : error.within(`/rows/${index}`);
}
