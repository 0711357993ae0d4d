/**
 * A sequence, step by step: keeps the history, the step and the state between rows, so that each step needs only
 * its logits. Every token, drawn or accepted, is one position in the history and one step: step s is always s
 * tokens after the beginning of the sequence, also after a rewind.
 *
 * A step of a stream gives the same bytes as a separate call with the same row, history, step, seed and state.
 * Those four also reopen the sequence at the same position.
 */
import { Problem, show } from "../errors.ts";
import { isRecord } from "../is-record.ts";
import type { Chain } from "./chain.ts";
import type { Drawing } from "./draws.ts";
import { growingListOf } from "./history/sequence.ts";
import { contextIdsOf, isContextId, notAContextId } from "./options/fields.ts";
import { DEFAULT_OPTION_LIMITS, type OptionLimits } from "./options/option-limits.ts";
import { parseStepOptions } from "./options/step-options.ts";
import type { Sampled } from "./report/report.ts";
import { drawSeed } from "./rng.ts";
import type { StepRows } from "./rows.ts";
import type { StepTaker } from "./sampler.ts";
import type { StepOptions } from "./step.ts";

type Options = Readonly<Record<string, unknown>>;
type State = Readonly<Record<string, unknown>>;

/** The rows of a step, or a function that makes them once its options are known. */
export type RowSource = StepRows | ((options: StepOptions) => StepRows);

/** A way to choose the token of a step without its own uniform: see verify. */
export interface Choice {
  readonly drawing: Drawing;
  /** true for a look ahead: only the token is reported, and the stream does not rewind by itself */
  readonly looks_ahead: boolean;
}

/** Options that a look ahead does not need. */
const UNTOLD = {
  trace: false,
  kept_token_ids: false,
  logprobs: false,
  top_logprobs: 0,
  logprob_token_ids: [],
  uncertainty: false,
} as const satisfies Partial<StepOptions>;

/** Options that the sequence maintains, and that only its opening may set. */
const KEPT = ["history", "prompt_length", "step", "state"] as const;

/** Where a sequence stands that is not the stream's own: a beam. */
export interface StreamPlace {
  /** token ids so far, prompt first */
  readonly history: readonly number[];
  readonly state: State;
}

export interface SampleStream {
  /**
   * Draws the next token and appends it to the history. `own` options apply to this step only. A function in
   * place of the row is called with the checked options of the step. When anything throws, nothing has changed.
   */
  next(row: RowSource, own?: Options): Sampled;
  /**
   * The same in one piece, or the pieces of a step that takes long: see Sampler.begin. The last piece appends to
   * the history.
   */
  begin(row: RowSource, own?: Options, choice?: Choice): Sampled | Generator<undefined, Sampled>;
  /**
   * The options of a row that nothing is drawn from, at another place than the stream's. `parse` checks the options of the
   * stream with the row's `own` laid over them. The stream stays as it is.
   */
  look(
    place: StreamPlace,
    own: Options | undefined,
    parse: (given: Options, limits: OptionLimits) => StepOptions,
  ): StepOptions;
  /** Changes the options from the next step on; null removes an option. When one is refused, all stay unchanged. */
  update(options: unknown): void;
  /** Appends tokens to the history that were not drawn here: forced ones. Each counts as a step. */
  accept(token_ids: unknown): void;
  /**
   * Takes back the last tokens, drawn or accepted, with their steps and states. Repeated steps use the same
   * randomness.
   */
  rewind(steps: unknown): void;
  /** token ids so far, prompt first */
  readonly history: readonly number[];
  /** the step number of the next row */
  readonly step: number;
  readonly seed: string;
  /** the state for the next step, by stage; `{}` when there is none */
  readonly state: State;
  /** length of the real vocabulary of padded rows, when the options name one: the argument of `Row.finish` */
  readonly vocab_size: number | undefined;
  /** the checked options of the next step, without those that the stream maintains */
  readonly options: StepOptions;
}

/**
 * Opens a sequence with the options of a step, which hold for all of its steps. Without a seed a random one is
 * used. The default of `step` is the number of tokens in `history` after `prompt_length`, so that an
 * interrupted sequence continues where it stopped. Throws a Problem whose pointer is relative to the options.
 */
export function openStream(
  sampler: StepTaker,
  options: unknown = {},
  limits: OptionLimits = DEFAULT_OPTION_LIMITS,
): SampleStream {
  const parsed = parseStepOptions(options, limits);
  const given = options as Options; // parseStepOptions takes records only
  const { history, prompt_length } = parsed;
  const step = given["step"] === undefined ? history.length - prompt_length : parsed.step;
  return streamFrom(sampler, given, { ...parsed, step }, limits);
}

/** The same from checked options, next to the options as given. */
export function streamFrom(
  sampler: StepTaker,
  given: Options,
  parsed: StepOptions,
  limits: OptionLimits,
): SampleStream {
  return new Sequence(sampler, given, parsed, limits);
}

class Sequence implements SampleStream {
  readonly #sampler: StepTaker;
  readonly #limits: OptionLimits;
  readonly #history: number[];
  readonly #prompt_length: number;
  /** state before each token that was drawn or accepted here, for rewinding */
  readonly #states_before: State[] = [];
  #state: State;
  #step: number;
  /** the options as given */
  #given: Options;
  #options: StepOptions;

  constructor(sampler: StepTaker, given: Options, parsed: StepOptions, limits: OptionLimits) {
    this.#sampler = sampler;
    this.#limits = limits;
    this.#history = growingListOf(parsed.history);
    this.#prompt_length = parsed.prompt_length;
    this.#step = parsed.step;
    this.#state = parsed.state;
    const seed = parsed.seed ?? drawSeed();
    this.#given = { ...without(given, KEPT), seed };
    this.#options = { ...parsed, seed, history: this.#history, prepared: undefined, warnings: undefined };
  }

  get history(): readonly number[] {
    return this.#history;
  }

  get step(): number {
    return this.#step;
  }

  get seed(): string {
    return this.#options.seed as string; // a sequence always has one: the constructor and `update` ensure it
  }

  get state(): State {
    return carried(this.#options.state, this.#state);
  }

  get options(): StepOptions {
    return this.#options;
  }

  get vocab_size(): number | undefined {
    return this.#options.vocab_size;
  }

  next(source: RowSource, own?: Options): Sampled {
    const { rows, options } = this.#stepOf(source, own);
    return this.#took(this.#sampler.sample(rows, options), options, false);
  }

  begin(source: RowSource, own?: Options, choice?: Choice): Sampled | Generator<undefined, Sampled> {
    const { rows, options: asked } = this.#stepOf(source, own);
    const { drawing, looks_ahead = false } = choice ?? {};
    const options = looks_ahead ? { ...asked, ...UNTOLD } : asked;
    const sampler = this.#sampler;
    const begun = sampler.begin?.(rows, options, drawing) ?? sampler.sample(rows, options, drawing);
    return "next" in begun
      ? this.#tookIn(begun, options, looks_ahead)
      : this.#took(begun, options, looks_ahead);
  }

  *#tookIn(
    pieces: Generator<undefined, Sampled>,
    options: StepOptions,
    looks_ahead: boolean,
  ): Generator<undefined, Sampled> {
    return this.#took(yield* pieces, options, looks_ahead);
  }

  look(
    { history, state }: StreamPlace,
    own: Options | undefined,
    parse: (given: Options, limits: OptionLimits) => StepOptions,
  ): StepOptions {
    const options = parse(own === undefined ? this.#given : this.#merged(own), this.#limits);
    return {
      ...options,
      history,
      prompt_length: this.#prompt_length,
      state: carried(options.state, state),
      prepared: undefined,
      warnings: undefined,
    };
  }

  #stepOf(source: RowSource, own: Options | undefined): { rows: StepRows; options: StepOptions } {
    this.#requireRoom(1, "");
    const options = own === undefined ? this.#options : this.#parse(this.#merged(own));
    const rows = typeof source === "function" ? source(options) : source;
    const state = carried(options.state, this.#state);
    return { rows, options: { ...options, step: this.#step, state } };
  }

  #took(sampled: Sampled, { chain }: StepOptions, looks_ahead: boolean): Sampled {
    this.#push(sampled.token_id);
    this.#state = sampled.state ?? {};
    if (sampled.rewind !== undefined && !looks_ahead) this.#goBack(sampled.rewind, chain);
    return sampled;
  }

  /** Takes back tokens that a stage rejected, and keeps the state that says so. */
  #goBack(tokens: number, chain: Chain): void {
    const outliving = chain.flatMap(({ stage }) => (stage.state?.outlivesRewind ? [stage.name] : []));
    const kept = Object.fromEntries(outliving.map((name) => [name, this.#state[name]]));
    this.#takeBack(tokens);
    this.#state = { ...this.#state, ...kept };
  }

  /** Tokens from before the opening of the stream have no saved states; the states of the opening apply. */
  #takeBack(tokens: number): void {
    const left = Math.max(this.#states_before.length - tokens, 0);
    this.#state = this.#states_before[left]!;
    this.#states_before.length = left;
    this.#history.length -= tokens;
    this.#step = Math.max(this.#step - tokens, 0);
  }

  update(options: unknown): void {
    if (!isRecord(options))
      throw new Problem("invalid_option", `options must be an object, got ${show(options)}`);
    const given = this.#merged(options);
    this.#options = this.#parse(given);
    this.#given = given;
  }

  accept(token_ids: unknown): void {
    const ids = checkedTokenIds(token_ids);
    this.#requireRoom(ids.length, "/token_ids");
    for (const id of ids) this.#push(id);
  }

  rewind(steps: unknown): void {
    const made = this.#states_before.length;
    if (!Number.isInteger(steps) || (steps as number) < 1 || (steps as number) > made)
      throw new Problem(
        "invalid_option",
        `steps must be a whole number from 1 to the ${made} made on this stream, got ${show(steps)}`,
        "/steps",
      );
    this.#takeBack(steps as number); // an integer: checked above
  }

  #push(token_id: number): void {
    this.#states_before.push(this.#state);
    this.#history.push(token_id);
    this.#step += 1;
  }

  #requireRoom(tokens: number, pointer: string): void {
    const { history_length_max } = this.#limits;
    const length = this.#history.length + tokens;
    if (length > history_length_max)
      throw new Problem(
        "limit_exceeded",
        `the history of a stream may have at most ${history_length_max} tokens (history_length_max), got ${length}`,
        pointer,
      );
  }

  /** The given options with others merged in; null removes one. */
  #merged(over: Options): Options {
    const kept = KEPT.find((name) => over[name] !== undefined);
    if (kept !== undefined)
      throw new Problem(
        "option_conflict",
        `the stream keeps ${kept} by itself: use accept or rewind, or open another stream`,
        `/${kept}`,
      );
    const merged: Record<string, unknown> = { ...this.#given, ...over };
    const removed = Object.keys(merged).filter((name) => merged[name] === null);
    const left = without(merged, removed);
    return left["seed"] === undefined ? { ...left, seed: this.seed } : left;
  }

  /** The checked options with this sequence's own history, which grows in place. */
  #parse(given: Options): StepOptions {
    const options = parseStepOptions(given, this.#limits);
    return { ...options, history: this.#history, prompt_length: this.#prompt_length, warnings: undefined };
  }
}

/** The initial states of a chain's stages, or those from an earlier step. */
function carried(initial: State, left: State): State {
  const state: Record<string, unknown> = {};
  for (const name of Object.keys(initial)) state[name] = left[name] ?? initial[name];
  return state;
}

function without(record: Options, names: readonly string[]): Options {
  return Object.fromEntries(Object.entries(record).filter(([name]) => !names.includes(name)));
}

function checkedTokenIds(value: unknown): readonly number[] {
  if (!Array.isArray(value))
    throw new Problem(
      "invalid_option",
      `token_ids must be an array of token ids, got ${show(value)}`,
      "/token_ids",
    );
  const index = value.findIndex((id) => !isContextId(id));
  if (index < 0) return contextIdsOf(value);
  throw new Problem(
    "invalid_option",
    `token_ids.${index} ${notAContextId(value[index])}`,
    `/token_ids/${index}`,
  );
}
