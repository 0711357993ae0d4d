/**
 * A draft on a stream. One message announces the draft, and the next messages bring its rows, one each, in any form
 * that the stream accepts. Rows after the first rejected token are dropped. When a method needs all rows together, they
 * are kept until the last one is there.
 */
import { Problem } from "../../errors.ts";
import type { Row } from "../../kernels/kernel.ts";
import type { OptionLimits } from "../options/option-limits.ts";
import { isSparse, type LogitsRow } from "../rows.ts";
import type { RowsTaker } from "../rows-taker.ts";
import type { Sampler } from "../sampler.ts";
import type { StepOptions } from "../step.ts";
import type { SampleStream } from "../stream.ts";
import { requireBelow } from "../vocab-size.ts";
import { type DraftTokens, needsAll, parseVerification, rowsOfDraft } from "./options.ts";
import { type Verified, verifyOnStream } from "./verify.ts";
import type { Pause, VerifyRows } from "./walk.ts";

type Fields = Readonly<Record<string, unknown>>;

/** The functions that a draft on a stream needs from its owner. */
export interface DraftHost {
  readonly sampler: Sampler;
  readonly limits: OptionLimits;
  /** Memory for a stored row; index 0 is for the row that arrived last. Throws a Problem when there is none. */
  lease(index: number): Row;
  /** Reports the additional bytes that the draft is about to keep. Throws a Problem when there is no room for them. */
  hold(bytes: number): void;
  /** Reports the bytes that the draft no longer keeps. */
  free(bytes: number): void;
}

/** A dense row as it is kept, or a sparse one. */
type Kept = LogitsRow | Float32Array;

export class StreamDraft implements RowsTaker {
  /** number of rows that are still to come */
  left: number;
  /** it pauses in the middle of a row */
  is_inside = false;
  #is_answered = false;
  readonly #said: Fields;
  readonly #stream: SampleStream;
  readonly #host: DraftHost;
  readonly #count: number;
  readonly #tokens: DraftTokens;
  readonly #own: (Fields | undefined)[] = [];
  readonly #kept: Kept[] = [];
  #drafted: readonly number[] = [];
  #together = false;
  /** the drafter has another vocabulary, and its rows another length */
  #is_translated = false;
  #pieces: Generator<Pause, Verified> | undefined;
  #row: LogitsRow | undefined;
  /** of the first row */
  #length: number | undefined;
  #received = 0;

  /** Throws the Problem of a draft whose rows cannot be counted. */
  constructor(stream: SampleStream, said: Fields, host: DraftHost) {
    const { vocabulary } = stream.options;
    const { count, tokens } = rowsOfDraft({ ...said, vocabulary }, host.sampler.vocabularies);
    this.#count = count;
    this.#tokens = tokens;
    this.left = count;
    this.#said = said;
    this.#stream = stream;
    this.#host = host;
  }

  /** Begins the draft. Throws a Problem for invalid options. */
  begin(): void {
    const { sampler, limits } = this.#host;
    const { options } = this.#stream;
    const verification = parseVerification(this.#said, options, limits, sampler.vocabularies, this.#tokens);
    const { method, draft_rows, draft_token_ids } = verification;
    this.#drafted = draft_token_ids;
    this.#is_translated = verification.translation !== undefined;
    this.#together = needsAll(method, draft_rows);
    this.#pieces = verifyOnStream(sampler, this.#stream, this.#rows(), verification);
  }

  get waits(): string {
    return `a draft waits for its rows, of which ${this.left} are to come`;
  }

  /** Set once the draft has begun. */
  get drafted(): number {
    return this.#drafted.length;
  }

  /** True when all of its rows have arrived and it has been answered. */
  get is_over(): boolean {
    return this.left === 0 && this.#is_answered;
  }

  take(rows: (options: StepOptions) => readonly LogitsRow[], own: Fields | undefined): void {
    this.left -= 1;
    if (!this.#is_answered) this.#take(rows(this.#stream.options), own);
  }

  #take([row, ...others]: readonly LogitsRow[], own: Fields | undefined): void {
    if (row === undefined || others.length > 0)
      throw new Problem(
        "option_conflict",
        `the rows of a draft are of one source, got a step of ${others.length + 1}`,
        "/sources",
      );
    if (!this.#isDrafters(this.#received)) this.#requireAlike(row);
    this.#own.push(own !== undefined && Object.keys(own).length > 0 ? own : undefined);
    this.#received += 1;
    this.#row = row;
    if (!this.#together || this.#received === this.#count) return;
    this.#kept.push(isSparse(row) ? row : row.values.slice(0, row.length));
    if (!isSparse(row)) this.#host.hold(4 * row.length);
  }

  /** Throws the Problem of the draft; the stream is restored to its state before the draft. */
  goOn(): Verified | undefined {
    if (this.#is_answered) return undefined;
    const piece = this.#pieces?.next();
    this.is_inside = piece?.done === false && piece.value !== "arriving";
    if (piece?.done !== true) return undefined;
    this.refused();
    return piece.value;
  }

  /** It is answered: the remaining rows are dropped. */
  refused(): void {
    this.#is_answered = true;
    this.is_inside = false;
    this.#pieces = undefined;
    for (const row of this.#kept.splice(0)) if (row instanceof Float32Array) this.#host.free(4 * row.length);
  }

  #rows(): VerifyRows {
    const rowAt = this.#together ? this.#placed() : (place: number) => this.#rowInTurn(place);
    return {
      lengths: Array.from({ length: this.#count }, () => undefined),
      target: rowAt,
      draft: (place) => rowAt(this.#drafted.length + 1 + place),
      own: this.#own,
    };
  }

  #rowInTurn(place: number): LogitsRow | undefined {
    return place < this.#received ? this.#row : undefined;
  }

  /** Puts the stored rows in place beside the last one, once it has arrived. */
  #placed(): (place: number) => LogitsRow | undefined {
    let rows: LogitsRow[] | undefined;
    return (place) => {
      if (this.#received < this.#count || this.#row === undefined) return undefined;
      rows ??= [...this.#kept.map((kept, index) => this.#rowOf(kept, index + 1)), this.#row];
      return rows[place];
    };
  }

  #rowOf(kept: Kept, index: number): LogitsRow {
    if (!(kept instanceof Float32Array)) return kept;
    const row: Row = this.#host.lease(index);
    row.load(kept);
    row.finish(this.#isDrafters(index - 1) ? undefined : this.#stream.vocab_size);
    return row;
  }

  /** Whether a row is one of a drafter with another vocabulary. */
  #isDrafters(index: number): boolean {
    return this.#is_translated && index > this.#drafted.length;
  }

  #requireAlike(row: LogitsRow): void {
    const length = isSparse(row) ? row.vocab_size : row.length;
    this.#length ??= length;
    if (length !== undefined && this.#length !== length)
      throw new Problem(
        "length_mismatch",
        `the rows of a draft must have one length, ${this.#length} as the first, got ${length}`,
      );
    if (this.#received > 0) return;
    const id_end = Math.min(
      length ?? Number.POSITIVE_INFINITY,
      this.#stream.vocab_size ?? Number.POSITIVE_INFINITY,
    );
    for (const [i, id] of this.#drafted.entries()) requireBelow(id_end, id, `/draft_token_ids/${i}`);
  }
}
