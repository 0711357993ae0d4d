/** One stream's side of the sampler: messages in, the lines that answer them out. It knows no connection. */
import { assert, Problem } from "../../errors.ts";
import type { BeamStep } from "../../sampling/beam/search.ts";
import { requireBeside, StreamSearch } from "../../sampling/beam/stream-search.ts";
import type { Sampled } from "../../sampling/report/report.ts";
import type { RowsTaker } from "../../sampling/rows-taker.ts";
import { openStream, type SampleStream } from "../../sampling/stream.ts";
import { StreamDraft } from "../../sampling/verify/stream-draft.ts";
import type { Verified } from "../../sampling/verify/verify.ts";
import { writeBeams, writeProblem, writeSampled, writeVerified } from "../../wire/reply.ts";
import type { WireContext } from "../../wire/step-reader.ts";
import type { StreamMessage } from "../../wire/stream-message.ts";
import type { Ticket } from "../admission/ticket.ts";
import type { Service } from "../exchange/service.ts";

type StepMessage = Extract<StreamMessage, { readonly type: "step" }>;

/**
 * Bytes for each token of the history, including the garbage that reading it leaves, and the number of tokens that are
 * charged at once.
 */
const TOKEN_BYTES = 32;
const CHARGED_TOKENS = 4096;

export class StreamSession {
  /** the objects that readers of this stream need: each message with a row leases one, and idle streams hold none */
  readonly context: WireContext;
  /** Called when the stream must be cut: it is too slow, or its memory is needed. */
  cut: (problem: Problem) => void = () => undefined;
  /** the key or address whose requests share turns with this stream */
  readonly client: string;
  readonly #service: Service;
  readonly #request_id: string;
  #stream: SampleStream | undefined;
  /** everything that the stream holds, from its first byte to its end */
  #ticket: Ticket | undefined;
  /** of the message that is arriving */
  kept_bytes = 0;
  #history_bytes = 0;
  /** Whether the answer to a row needs `goOn`. */
  is_inside = false;
  /** of the current step, when it takes several turns */
  #pieces: Generator<undefined, Sampled> | undefined;
  /** spent so far on the current step, draft or step of a search */
  #spent_ms = 0;
  /** the owner of the rows that arrive: a draft, or a search */
  #taker: RowsTaker | undefined;
  /** of what a search keeps */
  #search_bytes = 0;
  /** true while no message is arriving; the ticket knows it */
  #rests = false;
  /** bytes of lines that the client has not read */
  #unsent_bytes = 0;

  constructor(service: Service, request_id: string, client: string) {
    this.#service = service;
    this.#request_id = request_id;
    this.client = client;
    this.context = { limits: service.wire, lease: (index) => this.#arriving().lease(index) };
  }

  /** True once the options have arrived. */
  get opened(): boolean {
    return this.#stream !== undefined;
  }

  /** Bytes have come. */
  received(bytes: number): void {
    this.#arriving().received_bytes += bytes;
  }

  /**
   * Charges bytes that wait for the rest of their message. Throws the Problem `overloaded` when there is no room for
   * them.
   */
  keep(bytes: number): void {
    if (bytes === 0) {
      this.rest();
      return;
    }
    const more = bytes - this.kept_bytes;
    if (more > 0) this.#arriving().hold(more);
    else this.#ticket?.free(-more);
    this.kept_bytes = bytes;
  }

  /**
   * Returns true when the next message may have this number of rows. Otherwise returns false and later calls `then`,
   * without an argument when it may, or with the refusal. Throws the Problem `overloaded`.
   */
  reserve(rows: number, then: (refusal: Problem | undefined) => void): boolean {
    return this.#arriving().reserve(then, rows);
  }

  /**
   * The line that answers a row; undefined for what needs no answer, and while `goOn` has more to do. Throws the
   * Problem that ends the stream.
   */
  answer(message: StreamMessage): string | undefined {
    try {
      const line =
        message.type === "step" && this.#taker === undefined ? this.#begin(message) : this.#answered(message);
      if (!this.is_inside) this.#chargeHistory();
      return line;
    } finally {
      if (!this.is_inside) this.rest();
    }
  }

  /** Does the next piece of a row's step. */
  goOn(): string | undefined {
    const line = this.#taker === undefined ? this.#goOnStep() : this.#goOnTaker(this.#taker);
    if (this.is_inside) return undefined;
    try {
      this.#chargeHistory();
      return line;
    } finally {
      this.rest();
    }
  }

  /** No message is arriving. */
  rest(): void {
    if (this.#ticket === undefined || this.#rests) return;
    this.#rests = true;
    if (this.kept_bytes > 0) this.#ticket.free(this.kept_bytes);
    this.kept_bytes = 0;
    this.#ticket.rest(this.cut);
  }

  /** The client has not yet read a line of this number of bytes. */
  owes(bytes: number): void {
    const ticket = this.#arriving();
    ticket.count(bytes);
    this.#unsent_bytes += bytes;
    ticket.answers(() => 0, this.cut);
  }

  /** The client has read all pending lines: frees their bytes. */
  paid(): void {
    this.#ticket?.free(this.#unsent_bytes);
    this.#unsent_bytes = 0;
    this.rest();
  }

  /** The line of a problem. */
  refusal(problem: Problem): string {
    return writeProblem(problem, this.#request_id);
  }

  /** Frees everything that the stream holds. */
  close(): void {
    this.#ticket?.leave();
    this.#ticket = undefined;
  }

  #answered(message: StreamMessage): string | undefined {
    const taker = this.#taker;
    if (message.type === "step") return taker && this.#takeRow(taker, message);
    if (taker !== undefined) requireBeside(taker, message.type);
    if (message.type === "verify") return this.#beginDraft(message.said);
    if (message.type === "beam") return this.#beginSearch(message.said);
    if (message.type === "open")
      this.#stream = openStream(this.#service.sampler, message.options, this.#service.wire.options);
    else if (message.type === "update") this.#running.update(message.options);
    else if (message.type === "accept") this.#running.accept(message.token_ids);
    else this.#running.rewind(message.steps);
    return undefined;
  }

  get #running(): SampleStream {
    assert(this.#stream !== undefined, "the first message of a stream opens it");
    return this.#stream;
  }

  #begin({ rows, own, form, bytes }: StepMessage): string | undefined {
    this.#service.counters.received(form, bytes);
    this.#spent_ms = 0;
    return this.#attempt(rows, own);
  }

  #goOnStep(): string | undefined {
    assert(this.#pieces !== undefined, "a step was begun");
    return this.#attempt();
  }

  /**
   * Begins the step of these rows, or does the next piece of the present one. A row that fails is answered with its
   * problem, and the stream does not change.
   */
  #attempt(rows?: StepMessage["rows"], own?: StepMessage["own"]): string | undefined {
    const { counters } = this.#service;
    const stream = this.#stream as SampleStream; // the first message of a stream opens it
    const began_ms = performance.now();
    try {
      const taken = this.#pieces ?? stream.begin(rows as StepMessage["rows"], own); // a step begins with its rows
      const sampled = "next" in taken ? this.#next(taken) : taken;
      this.#spent_ms += performance.now() - began_ms;
      if (sampled === undefined) return undefined;
      counters.sampled(sampled, "stream", this.#spent_ms / 1000);
      return writeSampled(sampled);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.#left();
      return this.#rejected(error);
    }
  }

  /** The result of the last piece; undefined for earlier pieces. */
  #next(pieces: Generator<undefined, Sampled>): Sampled | undefined {
    const piece = pieces.next();
    this.#pieces = piece.done === true ? undefined : pieces;
    this.is_inside = piece.done !== true;
    return piece.done === true ? piece.value : undefined;
  }

  /** The current step has ended. */
  #left(): void {
    this.#pieces = undefined;
    this.is_inside = false;
  }

  #beginDraft(said: Readonly<Record<string, unknown>>): string | undefined {
    const { sampler, wire } = this.#service;
    const draft = new StreamDraft(this.#running, said, {
      sampler,
      limits: wire.options,
      lease: (index) => this.#arriving().lease(index),
      hold: (bytes) => this.#arriving().hold(bytes),
      free: (bytes) => this.#arriving().free(bytes),
    });
    return this.#beginTaker(draft, () => draft.begin());
  }

  /** Begins a search in place of the one that was open. `beam` of null only ends that. */
  #beginSearch(said: Readonly<Record<string, unknown>>): string | undefined {
    this.#setTaker(undefined);
    if (said["beam"] === null) return undefined;
    const { sampler, wire, config } = this.#service;
    const search = new StreamSearch(this.#running, said, {
      sampler,
      limits: wire.options,
      marks: config.default_mark !== undefined,
      hold: (bytes) => this.#holdSearch(bytes),
    });
    return this.#beginTaker(search, () => search.begin(said));
  }

  /** A refused taker is answered with its problem, and its rows are dropped. */
  #beginTaker(taker: RowsTaker, begin: () => void): string | undefined {
    this.#setTaker(taker);
    this.#spent_ms = 0;
    try {
      begin();
      return undefined;
    } catch (error) {
      return this.#takerFailed(taker, error);
    }
  }

  #takeRow(taker: RowsTaker, message: StepMessage): string | undefined {
    this.#service.counters.received(message.form, message.bytes);
    try {
      taker.take(message.rows, message.own);
    } catch (error) {
      return this.#takerFailed(taker, error);
    }
    return this.#goOnTaker(taker);
  }

  #goOnTaker(taker: RowsTaker): string | undefined {
    try {
      const began_ms = performance.now();
      const reply = taker.goOn();
      this.#spent_ms += performance.now() - began_ms;
      const line = reply && this.#written(reply, taker.drafted, this.#spent_ms / 1000);
      if (reply !== undefined) this.#spent_ms = 0;
      this.is_inside = taker.is_inside;
      if (taker.is_over) this.#setTaker(undefined);
      return line;
    } catch (error) {
      return this.#takerFailed(taker, error);
    }
  }

  /** The line of a reply, which is counted. */
  #written(reply: Verified | BeamStep, drafted: number, seconds: number): string {
    const { counters } = this.#service;
    if ("beams" in reply) {
      counters.searched(reply.beams.length + reply.ended.length, seconds);
      return writeBeams(reply);
    }
    counters.verified({ reply, drafted }, seconds);
    return writeVerified(reply);
  }

  #takerFailed(taker: RowsTaker, error: unknown): string {
    if (!(error instanceof Problem)) throw error;
    taker.refused();
    this.#spent_ms = 0;
    this.is_inside = false;
    if (taker.is_over) this.#setTaker(undefined);
    return this.#rejected(error);
  }

  #setTaker(taker: RowsTaker | undefined): void {
    this.#taker = taker;
    if (taker === undefined) this.#holdSearch(0);
  }

  /** Charges the bytes that a search is about to keep. Throws the Problem `overloaded` when there is no room for it. */
  #holdSearch(bytes: number): void {
    const more = bytes - this.#search_bytes;
    if (more > 0) this.#arriving().hold(more);
    else this.#ticket?.free(-more);
    this.#search_bytes = bytes;
  }

  #rejected(problem: Problem): string {
    this.#service.counters.rejected(problem.code);
    return this.refusal(problem);
  }

  /** Charges the growth of the history, in steps of about a thousand tokens. */
  #chargeHistory(): void {
    const tokens = this.#stream?.history.length ?? 0;
    const bytes = TOKEN_BYTES * Math.ceil(tokens / CHARGED_TOKENS) * CHARGED_TOKENS;
    if (bytes <= this.#history_bytes) return;
    const more = bytes - this.#history_bytes;
    // Reading a long history leaves as much garbage.
    this.#service.collector.countOld(more);
    this.#ticket?.hold(more);
    this.#history_bytes = bytes;
  }

  /** The stream's ticket while a message is arriving. */
  #arriving(): Ticket {
    this.#rests = false;
    this.#ticket ??= this.#service.admission.enter(this.client);
    if (this.#ticket.phase === "idle" || this.#ticket.phase === "computing")
      this.#ticket.expect({}, this.cut);
    return this.#ticket;
  }
}
