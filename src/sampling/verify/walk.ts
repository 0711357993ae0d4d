/**
 * The walk along a draft. Each position is a step of the sequence, on the target's row after the tokens before it.
 * History, penalties, masks and states advance as if those tokens had been drawn. A method decides which tokens are
 * taken.
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
import { type DraftLaw, lawOf, lawOfProbabilities, lawsOfSiblings, pointMass } from "./draft-law.ts";
import { drawMarkable } from "./residual.ts";
import { drafterHistory, ofTarget, restrictedProbabilities } from "./translation.ts";
import { ROOT } from "./tree.ts";

type State = Readonly<Record<string, unknown>>;
type Fields = Readonly<Record<string, unknown>>;

/** The rows of a call. */
export interface VerifyRows {
  /** lengths of all rows, the target's first; undefined for a sparse row without a length */
  readonly lengths: readonly (number | undefined)[];
  /**
   * The target's row after the history (0) or after drafted token i (i + 1); undefined: not received yet. Places are read
   * in ascending order, possibly with gaps. A row is not read again after a later one, unless the method looks ahead.
   */
  target(place: number): LogitsRow | undefined;
  /**
   * The row from which tokens of the draft were drawn, when the request has those; undefined: not received
   * yet.
   */
  draft(place: number): LogitsRow | undefined;
  /** options of single target rows, by place */
  readonly own: readonly (Fields | undefined)[];
}

/** Rows that are all present. */
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

/** Why the walk pauses: for other steps, or until more rows are received. */
export type Pause = undefined | "arriving";

/** A drafted token that may come next. */
export interface Drafted {
  /** its index in the draft */
  readonly node: number;
  readonly token_id: number;
  /** the distribution from which it was drawn */
  readonly law: DraftLaw;
  /** the uniform that decides whether it is accepted */
  uniform(): number;
}

/** A judge's view of the tokens drafted for one position. */
export interface Place {
  /** the kept tokens of the target's row */
  readonly candidates: Candidates;
  readonly context: StepContext;
  /** the noise for a replacement of the tokens, when the step has a watermark */
  readonly mark: TargetMark;
  /** in the order in which they are tried; at least one */
  readonly drafted: readonly Drafted[];
}

/** Accepts one of the drafted tokens, or returns the id of the token that replaces them. */
export type Judge = (place: Place) => Drafted | number;

export class DraftWalk {
  readonly draft: readonly number[];
  /** the tokens taken so far */
  readonly positions: Sampled[] = [];
  readonly #taker: StepTaker;
  readonly #stream: SampleStream;
  readonly #rows: VerifyRows;
  /** the description of the draft */
  readonly #told: Draft;
  readonly #is_scout: boolean;
  readonly #first_step: number;
  /** states of the draft's own chain, by position, as far as computed */
  readonly #draft_states: State[];
  /** accepted drafted tokens, by index */
  readonly path: number[] = [];
  #is_exact: boolean | undefined;

  /** The walk extends the stream: see `back`. */
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

  /**
   * For sparse rows: true when whole ones would provably have given the same; undefined when all rows were
   * whole.
   */
  get is_exact(): boolean | undefined {
    return this.#is_exact;
  }

  /**
   * The draw of the token after a fully accepted draft; undefined: the step's own draw. Watermarks have a separate key
   * for it.
   */
  get bonus(): Drawing | undefined {
    return this.#stream.options.watermark === undefined ? undefined : drawMarkable;
  }

  /** True when no token follows the one taken last: the text has ended, or tokens were taken back. */
  get is_finished(): boolean {
    const { finish_reason, rewind } = this.positions.at(-1) ?? {};
    return (finish_reason !== undefined && finish_reason !== null) || rewind !== undefined;
  }

  /** The drafted token that was taken last, by its index, or the root. */
  get #node(): number {
    return this.path.at(-1) ?? ROOT;
  }

  /** Takes the token that the next position draws, or the kept token that `drawing` chooses. */
  *take(drawing?: Drawing): Generator<Pause, Sampled> {
    const place = this.#node + 1;
    const row = yield* arrived(() => this.#rows.target(place));
    const own = this.#rows.own[place];
    const choice = drawing && { drawing, looks_ahead: this.#is_scout };
    const sampled = yield* at(place, () => this.#stream.begin(row, own, choice), own);
    this.#counts(sampled);
    this.positions.push(sampled);
    yield;
    return sampled;
  }

  /** Moves along the draft if this token is its next token; of several equal ones, the first. Call it after `take`. */
  follow(token_id: number): boolean {
    const node = this.#next.find((child) => this.draft[child] === token_id);
    if (node === undefined) return false;
    this.path.push(node);
    return true;
  }

  /** True at the end of the draft. */
  get is_at_end(): boolean {
    return this.#next.length === 0;
  }

  get #next(): readonly number[] {
    return this.#told.tree.childrenOf(this.#node);
  }

  /**
   * Takes one of the drafted tokens of the next position if the judge accepts it, and otherwise the judge's replacement. Returns
   * true if one was accepted.
   */
  *judge(judge: Judge): Generator<Pause, boolean> {
    const laws = yield* this.#laws();
    const drafted = this.#next.map(
      (node, i): Drafted => ({
        node,
        token_id: this.draft[node] as number, // tree and tokens have the same length
        law: laws[i] as DraftLaw, // one per token
        uniform: () => this.uniform(node),
      }),
    );
    let verdict: Drafted | number = -1;
    yield* this.take((candidates, context, mark) => {
      verdict = judge({ candidates, context, mark, drafted });
      return typeof verdict === "number" ? verdict : verdict.token_id;
    });
    const accepted = verdict as Drafted | number; // set by `take`, which the compiler cannot see
    if (typeof accepted === "number") return false;
    this.path.push(accepted.node);
    return true;
  }

  /** The distribution of the drafted token at the next position, in a draft that does not branch. */
  *law(): Generator<Pause, DraftLaw> {
    const [law] = yield* this.#laws();
    return law as DraftLaw; // only called when a token comes next
  }

  /** The distributions of the drafted tokens at the next position. */
  *#laws(): Generator<Pause, readonly DraftLaw[]> {
    const next = this.#next;
    const token_ids = next.map((node) => this.draft[node] as number); // tree and tokens have the same length
    if (this.#told.draft_rows === "none") return token_ids.map(pointMass);
    const place = this.#told.tree.draftRowOf(this.#node);
    const row = yield* arrived(() => this.#rows.draft(place));
    const [first = 0] = token_ids;
    const law = yield* at(this.draft.length + 1 + place, () => this.#lawOf(row, first));
    const laws = lawsOfSiblings(law, token_ids, this.#told.draft_siblings);
    for (const [i, each] of laws.entries()) this.#requireDrawn(each, next[i] as number);
    return laws;
  }

  #requireDrawn(law: DraftLaw, node: number): void {
    const token_id = this.draft[node] as number; // an index of the draft
    if (law.probability(token_id) > 0) return;
    throw new Problem(
      "invalid_option",
      `a drafted token must have been drawn from its row of the draft, got ${token_id}, which has probability 0 there`,
      `/draft_token_ids/${node}`,
    );
  }

  /**
   * A uniform for accepting a drafted token, by its index. It is keyed by the first step of the call, so that a later
   * call that repeats rejected steps uses other uniforms.
   */
  uniform(node: number): number {
    return uniform("accept", this.#stream.seed, this.#first_step, node);
  }

  /** Runs ahead along the draft before any token is taken. */
  *ahead<Result>(look: (scout: DraftWalk) => Generator<Pause, Result>): Generator<Pause, Result> {
    const scout = new DraftWalk(this.#taker, this.#stream, this.#rows, this.#told, this);
    try {
      return yield* look(scout);
    } finally {
      scout.back();
      if (scout.is_exact !== undefined) this.#counts({ exact: scout.is_exact });
    }
  }

  /** Takes back all tokens of the walk. */
  back(): void {
    if (this.positions.length > 0) this.#stream.rewind(this.positions.length);
    this.positions.length = 0;
    this.path.length = 0;
  }

  #lawOf(row: LogitsRow, token_id: number): DraftLaw | Generator<Pause, DraftLaw> {
    const { draft_rows, translation } = this.#told;
    if (draft_rows !== "probabilities") return this.#lawOfLogits(row, token_id);
    return translation === undefined
      ? lawOfProbabilities(row, this.#stream.vocab_size ?? Number.POSITIVE_INFINITY)
      : ofTarget(restrictedProbabilities(row, translation), translation);
  }

  /** Runs the draft's own chain on its row. The kept tokens give the distribution. */
  *#lawOfLogits(row: LogitsRow, drafted_id: number): Generator<Pause, DraftLaw> {
    const { translation } = this.#told;
    const { history: said, seed, step } = this.#stream;
    const history = translation === undefined ? said : drafterHistory(said, translation);
    const token_id = translation?.common.to_draft[drafted_id] ?? drafted_id;
    const { prompt_length } = this.#stream.options;
    const place = this.path.length;
    const state = this.#draft_states[place] as State; // each position stores one for the next
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
    return translation === undefined ? law : ofTarget(law, translation);
  }

  #counts({ exact }: Pick<Sampled, "exact">): void {
    if (exact !== undefined) this.#is_exact = exact && this.#is_exact !== false;
  }
}

/** A row, as soon as it is received. */
function* arrived(rowAt: () => LogitsRow | undefined): Generator<Pause, LogitsRow> {
  for (;;) {
    const row = rowAt();
    if (row !== undefined) return row;
    yield "arriving";
  }
}

/** Adds the row's index among all rows of the call to the pointer of a Problem. */
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
