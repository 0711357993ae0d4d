/**
 * The way along a draft: each position is a step of the sequence, on the row that the target gave behind the tokens
 * before it, with history, penalties, masks and states moved on as if those had been drawn. A method says what is taken.
 */
import { Problem } from "../../errors.ts";
import type { Candidates } from "../candidates/candidates.ts";
import type { StepContext } from "../context.ts";
import type { Drawing, TargetMark } from "../draws.ts";
import type { Sampled } from "../report/report.ts";
import { uniform } from "../rng.ts";
import { isSparse, type LogitsRow } from "../rows.ts";
import type { StepTaker } from "../sampler.ts";
import type { SampleStream } from "../stream.ts";
import type { Draft } from "./draft.ts";
import { type DraftLaw, lawOf, lawOfProbabilities, pointMass } from "./draft-law.ts";
import { drawMarkable } from "./residual.ts";

type State = Readonly<Record<string, unknown>>;
type Fields = Readonly<Record<string, unknown>>;

/** The rows of a call. */
export interface VerifyRows {
  /** lengths of all of them, those of the target first; undefined where a sparse one does not tell */
  readonly lengths: readonly (number | undefined)[];
  /**
   * The target's row behind so many drafted tokens; undefined: it has not come yet. Places are asked for in ascending
   * order, and a row is not asked for again once the next was, unless the method looks ahead.
   */
  target(place: number): LogitsRow | undefined;
  /** What the draft was drawn from at a place, when that is told; undefined: it has not come yet. */
  draft(place: number): LogitsRow | undefined;
  /** options that hold for single positions, by place */
  readonly own: readonly (Fields | undefined)[];
}

/** Rows that are all there. */
export interface PlacedRows {
  readonly target: readonly LogitsRow[];
  readonly draft: readonly LogitsRow[];
  readonly own?: readonly (Fields | undefined)[];
}

export function inPlace({ target, draft, own = [] }: PlacedRows): VerifyRows {
  return {
    lengths: [...target, ...draft].map((row) => (isSparse(row) ? row.vocab_size : row.length)),
    target: (place) => target[place],
    draft: (place) => draft[place],
    own,
  };
}

/** Why the work on a draft pauses: for others, or until more rows have come. */
export type Pause = undefined | "arriving";

/** What a judge sees of a drafted token. */
export interface Place {
  /** what the chain has left of the target's row */
  readonly candidates: Candidates;
  readonly context: StepContext;
  /** the noise by which what stands in place of the token is drawn, where the step bears a mark */
  readonly mark: TargetMark;
  readonly token_id: number;
  readonly law: DraftLaw;
  /** what decides whether the token is accepted */
  uniform(): number;
}

/** Accepts a drafted token, with undefined, or gives the one that comes in its place. */
export type Judge = (place: Place) => number | undefined;

export class DraftWalk {
  readonly draft: readonly number[];
  /** what was taken so far */
  readonly positions: Sampled[] = [];
  readonly #taker: StepTaker;
  readonly #stream: SampleStream;
  readonly #rows: VerifyRows;
  /** what is told of the draft */
  readonly #told: Draft;
  readonly #is_scout: boolean;
  readonly #first_step: number;
  /** of the draft's own chain, by position, as far as somebody has been there */
  readonly #draft_states: State[];
  #is_exact: boolean | undefined;

  /** The walk grows the stream: see `back`. */
  constructor(taker: StepTaker, stream: SampleStream, rows: VerifyRows, draft: Draft, ahead_of?: DraftWalk) {
    this.draft = draft.draft_token_ids;
    this.#taker = taker;
    this.#stream = stream;
    this.#rows = rows;
    this.#told = draft;
    this.#is_scout = ahead_of !== undefined;
    this.#first_step = stream.step;
    this.#draft_states = ahead_of === undefined ? [draft.draft_options.state] : ahead_of.#draft_states;
  }

  /** Of sparse rows: whether whole ones would provably have given the same; undefined when all were whole. */
  get is_exact(): boolean | undefined {
    return this.#is_exact;
  }

  /** How the token behind a draft that was accepted whole is drawn; undefined: as its step says. Marks have a key for it. */
  get bonus(): Drawing | undefined {
    return this.#stream.options.watermark === undefined ? undefined : drawMarkable;
  }

  /** Whether the text does not go on behind the token that was taken last: it has ended, or tokens were taken back. */
  get is_finished(): boolean {
    const { finish_reason, rewind } = this.positions.at(-1) ?? {};
    return (finish_reason !== undefined && finish_reason !== null) || rewind !== undefined;
  }

  /** Takes the token that the next position draws, or the one of what its chain has left that `drawing` chooses. */
  *take(drawing?: Drawing): Generator<Pause, Sampled> {
    const place = this.positions.length;
    const row = yield* arrived(() => this.#rows.target(place));
    const own = this.#rows.own[place];
    const choice = drawing && { drawing, looks_ahead: this.#is_scout };
    const sampled = yield* at(place, () => this.#stream.begin(row, own, choice), own);
    this.#counts(sampled);
    this.positions.push(sampled);
    yield;
    return sampled;
  }

  /** Takes the drafted token of the next position if the judge accepts it, and else what it gives; tells whether it did. */
  *judge(judge: Judge): Generator<Pause, boolean> {
    const place = this.positions.length;
    const token_id = this.draft[place] as number; // asked for drafted positions only
    const law = yield* this.law();
    let instead: number | undefined;
    yield* this.take((candidates, context, mark) => {
      instead = judge({ candidates, context, mark, token_id, law, uniform: () => this.uniform(place) });
      return instead ?? token_id;
    });
    return instead === undefined;
  }

  /** By what law the drafted token of the next position was drawn. */
  *law(): Generator<Pause, DraftLaw> {
    const place = this.positions.length;
    const token_id = this.draft[place] as number; // asked for drafted positions only
    if (this.#told.draft_rows === "none") return pointMass(token_id);
    const row = yield* arrived(() => this.#rows.draft(place));
    const law = yield* at(this.draft.length + 1 + place, () => this.#lawOf(row, place, token_id));
    if (law.probability(token_id) > 0) return law;
    throw new Problem(
      "invalid_option",
      `a drafted token must have been drawn from its row of the draft, got ${token_id}, which has probability 0 there`,
      `/draft_token_ids/${place}`,
    );
  }

  /**
   * A uniform for accepting the drafted token at a place. It is keyed by the first step of the call: a later call, which
   * sees the steps again that this one gave up, must not decide by what this one has looked at.
   */
  uniform(place: number): number {
    return uniform("accept", this.#stream.seed, this.#first_step, place);
  }

  /** What comes of going ahead along the draft, before anything is taken. */
  *ahead<Result>(look: (scout: DraftWalk) => Generator<Pause, Result>): Generator<Pause, Result> {
    const scout = new DraftWalk(this.#taker, this.#stream, this.#rows, this.#told, this);
    try {
      return yield* look(scout);
    } finally {
      scout.back();
      if (scout.is_exact !== undefined) this.#counts({ exact: scout.is_exact });
    }
  }

  /** Gives back all that was taken. */
  back(): void {
    if (this.positions.length > 0) this.#stream.rewind(this.positions.length);
    this.positions.length = 0;
  }

  #lawOf(row: LogitsRow, place: number, token_id: number): DraftLaw | Generator<Pause, DraftLaw> {
    const { draft_rows } = this.#told;
    return draft_rows === "probabilities"
      ? lawOfProbabilities(row, this.#stream.vocab_size ?? Number.POSITIVE_INFINITY)
      : this.#lawOfLogits(row, place, token_id);
  }

  /** The draft's own chain runs on its row, and what it leaves is the law. */
  *#lawOfLogits(row: LogitsRow, place: number, token_id: number): Generator<Pause, DraftLaw> {
    const { history, seed, step } = this.#stream;
    const { prompt_length } = this.#stream.options;
    const state = this.#draft_states[place] as State; // each position leaves one for the next
    const options = { ...this.#told.draft_options, history, prompt_length, seed, step, state };
    let law = pointMass(token_id);
    const drawing: Drawing = (candidates) => {
      law = lawOf(candidates);
      return token_id;
    };
    const taker = this.#taker;
    const begun = taker.begin?.(row, options, drawing) ?? taker.sample(row, options, drawing);
    const sampled = "next" in begun ? yield* begun : begun;
    this.#counts(sampled);
    this.#draft_states[place + 1] = sampled.state ?? {};
    return law;
  }

  #counts({ exact }: Pick<Sampled, "exact">): void {
    if (exact !== undefined) this.#is_exact = exact && this.#is_exact !== false;
  }
}

/** A row, as soon as it has come. */
function* arrived(rowAt: () => LogitsRow | undefined): Generator<Pause, LogitsRow> {
  for (;;) {
    const row = rowAt();
    if (row !== undefined) return row;
    yield "arriving";
  }
}

/** What is wrong with a row, or with its own options, is told with its place among all rows of the call. */
function* at<Result extends object>(
  index: number,
  begin: () => Result | Generator<Pause, Result>,
  own: Fields = {},
): Generator<Pause, Result> {
  try {
    const begun = begin();
    return "next" in begun ? yield* begun : begun;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const [, field = ""] = error.pointer.split("/");
    throw field === "logits" || field in own ? error.within(`/rows/${index}`) : error;
  }
}
