/** Streams of the local sampler: the messages of the service's streams, without a connection. */
import type { Row } from "../kernels/kernel.ts";
import { requireBeside, StreamSearch } from "../sampling/beam/stream-search.ts";
import { dropRest, type RowsTaker } from "../sampling/rows-taker.ts";
import type { Sampler } from "../sampling/sampler.ts";
import { openStream, type SampleStream } from "../sampling/stream.ts";
import { StreamDraft } from "../sampling/verify/stream-draft.ts";
import { writeBeams, writeSampled, writeVerified } from "../wire/reply.ts";
import { finishRow } from "../wire/rows.ts";
import type { WireContext } from "../wire/step-reader.ts";
import type { StreamMessage } from "../wire/stream-message.ts";
import { WholeMessageReader } from "../wire/stream-reader.ts";
import { type Desk, RESULT } from "./desk.ts";
import { rowFrom, tell } from "./steps.ts";

type Fields = Readonly<Record<string, unknown>>;
type StepMessage = Extract<StreamMessage, { readonly type: "step" }>;

class LocalStream {
  readonly #sampler: Sampler;
  readonly #context: WireContext;
  readonly #reader: WholeMessageReader;
  #stream: SampleStream | undefined;
  /** whose rows are coming: a draft, or a search */
  #taker: RowsTaker | undefined;

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
    const stream = this.opened;
    const taker = this.#taker;
    if (message.type === "step")
      return taker === undefined
        ? writeSampled(stream.next(message.rows, message.own))
        : this.#takeRow(taker, message);
    if (taker !== undefined) requireBeside(taker, message.type);
    if (message.type === "verify") this.#taker = this.#drafted(message.said);
    else if (message.type === "beam") this.#taker = this.#searching(message.said);
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
    return this.#taker !== undefined;
  }

  /** Throws the Problem of the last message. Afterwards no draft is open, and the host sends no rows. */
  #drafted(said: Fields): RowsTaker {
    const { limits, lease } = this.#context;
    const host = { sampler: this.#sampler, limits: limits.options, lease, hold: nothing, free: nothing };
    const draft = new StreamDraft(this.opened, said, host);
    draft.begin();
    return draft;
  }

  /** Throws the Problem of the last message. Afterwards no search is open. */
  #searching(said: Fields): RowsTaker | undefined {
    this.#taker = undefined;
    if (said["beam"] === null) return undefined;
    const limits = this.#context.limits.options;
    const search = new StreamSearch(this.opened, said, {
      sampler: this.#sampler,
      limits,
      marks: false,
      hold: nothing,
    });
    search.begin(said);
    return search;
  }

  /**
   * The reply once there are enough rows; undefined before. The host sends no rows for a draft or step that was
   * answered.
   */
  #takeRow(taker: RowsTaker, message: StepMessage): string | undefined {
    try {
      taker.take(message.rows, message.own);
      let reply = taker.goOn();
      while (taker.is_inside) reply = taker.goOn();
      if (reply === undefined) return undefined;
      dropRest(taker);
      return "beams" in reply ? writeBeams(reply) : writeVerified(reply);
    } catch (error) {
      taker.refused();
      dropRest(taker);
      throw error;
    } finally {
      if (taker.is_over) this.#taker = undefined;
    }
  }
}

/** The memory of the process belongs to the host. */
function nothing(): void {}

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
