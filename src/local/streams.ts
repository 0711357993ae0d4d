/** Streams of the local sampler: the messages of the service's streams, without a connection. */
import { Problem } from "../errors.ts";
import type { Row } from "../kernels/kernel.ts";
import { allAtOnce } from "../pieces.ts";
import { requireBeside, StreamSearch } from "../sampling/beam/stream-search.ts";
import type { LogitsRow } from "../sampling/rows.ts";
import { isSparse } from "../sampling/rows.ts";
import type { Sampler } from "../sampling/sampler.ts";
import { openStream, type SampleStream } from "../sampling/stream.ts";
import { needsAll, parseVerification, rowsOfDraft } from "../sampling/verify/options.ts";
import { verifyOnStream } from "../sampling/verify/verify.ts";
import { writeBeams, writeSampled, writeVerified } from "../wire/reply.ts";
import { finishRow } from "../wire/rows.ts";
import type { WireContext } from "../wire/step-reader.ts";
import type { StreamMessage } from "../wire/stream-message.ts";
import { WholeMessageReader } from "../wire/stream-reader.ts";
import { type Desk, RESULT } from "./desk.ts";
import { rowFrom, tell } from "./steps.ts";

type Said = Extract<StreamMessage, { readonly type: "verify" }>["said"];

/** A draft whose rows are arriving, one message each. */
interface Draft {
  readonly said: Said;
  readonly count: number;
  readonly rows: (LogitsRow | Float32Array)[];
  readonly own: (Said | undefined)[];
  /** true when it cannot be verified, and its rows are dropped */
  problem: Problem | undefined;
}

class LocalStream {
  readonly #sampler: Sampler;
  readonly #context: WireContext;
  readonly #reader: WholeMessageReader;
  #stream: SampleStream | undefined;
  #draft: Draft | undefined;
  #search: StreamSearch | undefined;

  constructor(sampler: Sampler, context: WireContext) {
    this.#sampler = sampler;
    this.#context = context;
    this.#reader = new WholeMessageReader(context);
  }

  /** The service's line in answer to a message; undefined for messages without an answer. */
  message(bytes: Uint8Array, is_text: boolean): string | undefined {
    this.#reader.write(bytes, is_text);
    const message = this.#reader.next();
    if (message === undefined) return undefined;
    if (message.type === "open") {
      this.#stream = openStream(this.#sampler, message.options, this.#context.limits.options);
      return undefined;
    }
    if (this.#draft !== undefined) return this.#rowOfDraft(this.#draft, message);
    const stream = this.opened;
    if (message.type === "beam") {
      this.#search = this.#searching(message.said);
      return undefined;
    }
    if (this.#search !== undefined) return this.#ofSearch(this.#search, message);
    if (message.type === "step") return writeSampled(stream.next(message.rows, message.own));
    if (message.type === "verify") this.#draft = this.#begun(message.said);
    else if (message.type === "update") stream.update(message.options);
    else if (message.type === "accept") stream.accept(message.token_ids);
    else stream.rewind(message.steps);
    return undefined;
  }

  get opened(): SampleStream {
    if (this.#stream === undefined) throw new Error("the first message of a stream opens it");
    return this.#stream;
  }

  /** True when rows belong to a draft or a search. */
  get takes_rows(): boolean {
    return this.#draft !== undefined || this.#search !== undefined;
  }

  /** Throws the Problem of what was said: no search is open then. */
  #searching(said: Said): StreamSearch | undefined {
    this.#search = undefined;
    if (said["beam"] === null) return undefined;
    const limits = this.#context.limits.options;
    const host = { sampler: this.#sampler, limits, marks: false, hold: () => undefined };
    const search = new StreamSearch(this.opened, said, host);
    search.begin(said);
    return search;
  }

  #ofSearch(search: StreamSearch, message: StreamMessage): string | undefined {
    if (message.type !== "step") {
      if (message.type !== "open") requireBeside(search, message.type);
      if (message.type === "update") this.opened.update(message.options);
      return undefined;
    }
    try {
      search.take(message.rows, message.own);
      let step = search.goOn();
      while (search.is_inside) step = search.goOn();
      if (search.is_over) this.#search = undefined;
      return step && writeBeams(step);
    } catch (error) {
      // The host sends no more rows of a refused step.
      search.refused();
      while (search.waits !== undefined) search.take(() => [], undefined);
      throw error;
    }
  }

  #begun(said: Said): Draft {
    const { vocabularies } = this.#context;
    const { vocabulary } = this.opened.options;
    const { count } = rowsOfDraft({ ...said, vocabulary }, vocabularies);
    const draft: Draft = { said, count, rows: [], own: [], problem: undefined };
    try {
      parseVerification(said, this.opened.options, this.#context.limits.options, vocabularies);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      draft.problem = error;
    }
    return draft;
  }

  /** Keeps a row; after the last one the draft is verified and answered. */
  #rowOfDraft(draft: Draft, message: StreamMessage): string | undefined {
    if (message.type !== "step")
      throw new Problem(
        "option_conflict",
        `a draft waits for its rows, of which ${draft.count - draft.rows.length} are to come, got a message of type ${message.type}`,
        "/type",
      );
    draft.own.push(
      message.own !== undefined && Object.keys(message.own).length > 0 ? message.own : undefined,
    );
    draft.rows.push(this.#kept(draft, message));
    if (draft.rows.length < draft.count) return undefined;
    this.#draft = undefined;
    if (draft.problem !== undefined) throw draft.problem;
    return this.#verified(draft);
  }

  #kept(draft: Draft, { rows }: Extract<StreamMessage, { readonly type: "step" }>): LogitsRow | Float32Array {
    try {
      const [row, ...others] = rows(this.opened.options);
      if (row === undefined || others.length > 0)
        throw new Problem(
          "option_conflict",
          `the rows of a draft are of one source, got a step of ${others.length + 1}`,
          "/sources",
        );
      return isSparse(row) ? row : row.values.slice(0, row.length);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      draft.problem ??= error;
      return new Float32Array(0);
    }
  }

  #verified({ said, rows: kept, own }: Draft): string {
    const stream = this.opened;
    const verification = parseVerification(
      said,
      stream.options,
      this.#context.limits.options,
      this.#context.vocabularies,
    );
    const { method, draft_rows, draft_token_ids } = verification;
    const together = needsAll(method, draft_rows);
    const rowAt = (place: number) =>
      this.#rowOf(kept[place] as LogitsRow | Float32Array, together ? place : 0); // as many as the draft needs
    const lengths = kept.map((row) =>
      row instanceof Float32Array || !isSparse(row) ? row.length : row.vocab_size,
    );
    const draft = (place: number) => rowAt(draft_token_ids.length + 1 + place);
    const source = { lengths, target: rowAt, draft, own };
    return writeVerified(allAtOnce(verifyOnStream(this.#sampler, stream, source, verification)));
  }

  #rowOf(kept: LogitsRow | Float32Array, index: number): LogitsRow {
    if (!(kept instanceof Float32Array)) return kept;
    const row = this.#context.lease(index);
    row.load(kept);
    row.finish(this.opened.vocab_size);
    return row;
  }
}

export class Streams {
  readonly #desk: Desk;
  readonly #sampler: Sampler;
  readonly #context: WireContext;
  readonly #row: Row;
  readonly #open = new Map<number, LocalStream>();
  #last = 0;

  constructor(desk: Desk, sampler: Sampler, context: WireContext, row: Row) {
    this.#desk = desk;
    this.#sampler = sampler;
    this.#context = context;
    this.#row = row;
  }

  /** Opens a stream with the options in the box; its number is the result, and its seed the text. */
  open(bytes: number): string {
    const stream = new LocalStream(this.#sampler, this.#context);
    stream.message(this.#desk.all(bytes), true);
    this.#open.set(++this.#last, stream);
    this.#desk.values[RESULT] = this.#last;
    return stream.opened.seed;
  }

  /** Takes one message out of the box: stream, bytes, and whether it is text. */
  message(): string | undefined {
    const [id = 0, bytes = 0, is_text = 0] = this.#desk.values;
    return this.#of(id).message(this.#desk.all(bytes), is_text === 1);
  }

  /** Draws from a row that the host has written: stream, elements and code of the dtype. */
  step(): string | undefined {
    const [id = 0, elements = 0, code = 0] = this.#desk.values;
    const local = this.#of(id);
    if (local.takes_rows) throw new Error("rows of a draft or a search come as messages");
    const stream = local.opened;
    const rows = [rowFrom(this.#desk, this.#row, elements, code)];
    const sampled = stream.next((options) => {
      finishRow(rows[0] as Row, options); // there is one
      return rows;
    });
    this.#desk.values[RESULT + 2] = sampled.step;
    return tell(this.#desk, sampled);
  }

  close(id: number): void {
    this.#open.delete(id);
  }

  #of(id: number): LocalStream {
    const stream = this.#open.get(id);
    if (stream === undefined) throw new Error(`there is no stream ${id}`);
    return stream;
  }
}
