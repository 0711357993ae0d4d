/**
 * One request of a hot route, from its head to the end of its answer, on Node's own request and response. Fastify's part
 * would cost as much as sampling. Every request is answered once, by `answer` or by `refuse`.
 */

import { Buffer } from "node:buffer";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Problem } from "../../errors.ts";
import { replyBytes } from "../../sampling/options/reply-size.ts";
import type { StepOptions } from "../../sampling/step.ts";
import type { Step, WireContext } from "../../wire/step-reader.ts";
import { ownedBy } from "../access/owned.ts";
import type { Ticket } from "../admission/ticket.ts";
import type { RouteCounters } from "../observe/counters.ts";
import type { RequestRecord } from "../observe/request-record.ts";
import { ClientGone } from "./client-gone.ts";
import { CLIENT_GONE } from "./lifecycle.ts";
import { type AnswerBody, byteLength, joined, PIECE_BYTES, sendPieces } from "./pieces.ts";
import { problemAnswer, problemOf } from "./problems.ts";
import { BodyReading, type BodyUse, type ChunkReader, type Fail } from "./read-body.ts";
import type { Service } from "./service.ts";
import { JSON_TYPE, vocabSize } from "./step-answers.ts";

const JSON_HEADERS = ["content-type", JSON_TYPE];

export class Exchange {
  readonly service: Service;
  readonly raw: IncomingMessage;
  readonly record: RequestRecord;
  readonly ticket: Ticket;
  /** the context for readers of its body */
  readonly context: WireContext;
  /** milliseconds spent on sampling so far; the answer reports them */
  sampling_ms = 0;
  readonly #response: ServerResponse;
  /** an upper bound of the answer's bytes, for the steps counted so far */
  #reply_bytes = 0;
  /** the answer has been begun */
  #answered = false;
  /** the answer was sent, or its client is gone */
  #over = false;

  constructor(service: Service, route: RouteCounters, raw: IncomingMessage, response: ServerResponse) {
    this.raw = raw;
    this.#response = response;
    this.record = service.lifecycle.enter(raw, route);
    this.service = ownedBy(service, this.record.grant);
    this.ticket = service.admission.enter(this.record.client);
    const { wire, remembered } = service;
    const { vocabularies } = service.sampler;
    this.context = { limits: wire, remembered, vocabularies, lease: this.ticket.lease };
  }

  /** Reads the body. The body of a refused request is dropped. */
  read<Reader extends ChunkReader>(
    use: BodyUse<Reader>,
    fail: Fail = (error) => this.refuse(error),
  ): BodyReading<Reader> {
    const { service, raw, ticket, record } = this;
    return new BodyReading(service, raw, ticket, use, fail, record.refusal);
  }

  /** Whether the client still waits for the answer. */
  isWanted(): boolean {
    return !this.#response.destroyed;
  }

  /** Calls the job when it is this request's turn to compute, unless its client has gone by then. */
  compute(job: () => void): void {
    this.ticket.compute(() => {
      const began_ms = performance.now();
      try {
        if (this.#response.destroyed) throw new ClientGone("the client closed the connection");
        job();
      } catch (error) {
        this.refuse(error);
      }
      return performance.now() - began_ms;
    });
  }

  /** Reserves memory for the reply to the next step. Throws a Problem when there is no room, or when the reply would be too long. */
  reckon({ options, rows }: Step): void {
    this.reckonReply(options, vocabSize(rows));
  }

  /** The same, for a step on rows of this length. */
  reckonReply(options: StepOptions, vocab_size: number): void {
    const { limits } = this.service.config;
    const bytes = replyBytes(options, vocab_size);
    this.#reply_bytes += bytes;
    if (this.#reply_bytes > limits.reply_bytes_max)
      throw new Problem(
        "limit_exceeded",
        `an answer may have at most ${limits.reply_bytes_max} bytes (reply_bytes_max), and what is asked for may take ${this.#reply_bytes}: ask for fewer rows, draws or log-probabilities at once`,
      );
    this.ticket.hold(bytes);
  }

  /** Sends a JSON text, or content of the type that the headers name, in one part or several. */
  answer(body: AnswerBody, headers: readonly string[] = JSON_HEADERS): void {
    const timing = `sample;dur=${this.sampling_ms.toFixed(3)}`;
    this.#send(200, ["server-timing", timing, ...headers], body);
  }

  /** Sends an error as a problem. */
  refuse(error: unknown): void {
    if (error instanceof ClientGone) {
      this.#end(CLIENT_GONE);
      return;
    }
    const problem = problemOf(error);
    this.record.problem = problem;
    this.record.defect = error;
    const { status, headers, text } = problemAnswer(problem, this.raw, this.record.id);
    this.#send(status, headers, text);
  }

  #send(status: number, headers: readonly string[], body: AnswerBody): void {
    if (this.#answered) return;
    this.#answered = true;
    const bytes = typeof body === "string" ? Buffer.byteLength(body) : byteLength(body);
    this.#response.writeHead(status, [...this.record.headers, ...headers, "content-length", String(bytes)]);
    if (bytes > PIECE_BYTES)
      sendPieces(this.#response, body, this.ticket, (sent) => this.#end(sent ? status : CLIENT_GONE));
    else {
      this.#response.end(typeof body === "string" ? body : joined(body));
      this.#end(status);
    }
  }

  #end(status: number): void {
    if (this.#over) return;
    this.#answered = true;
    this.#over = true;
    this.ticket.leave();
    this.service.lifecycle.leave(this.record, status);
  }
}
