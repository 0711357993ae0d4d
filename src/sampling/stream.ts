/**
 * A sequence, step by step: keeps the history, the step and the state between rows, so that each step needs only
 * its logits. Every token, drawn or accepted, is one place in the history and one step: step s is always s tokens
 * behind the place where the sequence began, whatever was rewound before.
 *
 * It adds nothing to what a step is: a row gives the bytes that the same row with this history, step, seed and
 * state gives in a call of its own, and those four open the sequence again at the same place.
 */
import { Problem, show } from "../errors.ts";
import { isRecord } from "../is-record.ts";
import type { Chain } from "./chain.ts";
import type { Drawing } from "./draws.ts";
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

/** The rows of a step, or what makes them once its options are known. */
export type RowSource = StepRows | ((options: StepOptions) => StepRows);

/** How the token of a step is chosen where its own uniform does not: see verify. */
export interface Choice {
  readonly drawing: Drawing;
  /** the step is only a look ahead: no more is told than its token, and the stream does not go back by itself */
  readonly looks_ahead: boolean;
}

/** What is not asked for on a look ahead. */
const UNTOLD = {
  trace: false,
  kept_token_ids: false,
  logprobs: false,
  top_logprobs: 0,
  logprob_token_ids: [],
  uncertainty: false,
} as const satisfies Partial<StepOptions>;

/** What the sequence keeps by itself, and only its opening may give. */
const KEPT = ["history", "prompt_length", "step", "state"] as const;

export interface SampleStream {
  /**
   * Draws the next token and puts it behind the history. `own` options hold for this step only. A function in the
   * row's place is called with the checked options of the step. When anything throws, nothing has changed.
   */
  next(row: RowSource, own?: Options): Sampled;
  /** The same, or the pieces of a step that takes long: see Sampler.begin. The history grows with the last one. */
  begin(row: RowSource, own?: Options, choice?: Choice): Sampled | Generator<undefined, Sampled>;
  /** Changes the options from the next step on; null takes an option back. When one is refused, all stay as they were. */
  update(options: unknown): void;
  /** Puts tokens behind the history that were not drawn here: forced ones. Each counts as a step. */
  accept(token_ids: unknown): void;
  /** Takes back the last tokens, drawn or accepted, with their steps and states. Their randomness comes again. */
  rewind(steps: unknown): void;
  /** token ids so far, prompt first */
  readonly history: readonly number[];
  /** the step that the next row will be */
  readonly step: number;
  readonly seed: string;
  /** what the next step takes along, by stage; `{}` when nothing */
  readonly state: State;
  /** element count of padded rows' real vocabulary, where the options name one: what `Row.finish` takes */
  readonly vocab_size: number | undefined;
  /** the checked options that hold for the next step, but for what the stream keeps by itself */
  readonly options: StepOptions;
}

/**
 * Opens a sequence with the options of a step, which hold for all of its steps. Without a seed one is drawn.
 * `step` is, when not given, the number of tokens in `history` behind `prompt_length`, so that the history of a
 * sequence that broke off goes on where it stopped. Throws a Problem whose pointer is relative to the options.
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

/** The same from options that were checked, beside what was given for them. */
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
  /** state before each token that was drawn or accepted here: what rewinding goes back to */
  readonly #states_before: State[] = [];
  #state: State;
  #step: number;
  /** what was asked for, as it was given */
  #given: Options;
  #options: StepOptions;

  constructor(sampler: StepTaker, given: Options, parsed: StepOptions, limits: OptionLimits) {
    this.#sampler = sampler;
    this.#limits = limits;
    this.#history = [...parsed.history];
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
    return this.#options.seed as string; // a sequence always has one: the constructor and `update` see to it
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

  /** Takes tokens back that a stage turned down; it keeps the state that says so. */
  #goBack(tokens: number, chain: Chain): void {
    const outliving = chain.flatMap(({ stage }) => (stage.state?.outlivesRewind ? [stage.name] : []));
    const kept = Object.fromEntries(outliving.map((name) => [name, this.#state[name]]));
    this.#takeBack(tokens);
    this.#state = { ...this.#state, ...kept };
  }

  /** What was generated before the stream was opened has no states to go back to: those of its opening hold. */
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

  /** The given options with others laid over them; null takes one away. */
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

  /** The checked options with this sequence's own history, which goes on growing in place. */
  #parse(given: Options): StepOptions {
    const options = parseStepOptions(given, this.#limits);
    return { ...options, history: this.#history, prompt_length: this.#prompt_length, warnings: undefined };
  }
}

/** The states that a chain's stages begin with, or what an earlier step left for them. */
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
