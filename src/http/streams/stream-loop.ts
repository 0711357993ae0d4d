/**
 * Runs one stream over any connection: bytes become messages, and messages become lines, in order. It stops reading
 * while the client does not read its lines, lets other requests take turns, and ends a stream that is idle for too
 * long.
 */
import type { FastifyBaseLogger } from "fastify";
import { Problem } from "../../errors.ts";
import type { MessageReader } from "../../wire/stream-reader.ts";
import type { Ticket } from "../admission/ticket.ts";
import { problemOf } from "../exchange/problems.ts";
import type { Service } from "../exchange/service.ts";
import { type Owner, type Work, workInTurns } from "../exchange/turns.ts";
import { causeOf } from "../observe/request-log.ts";
import type { StreamSession } from "./session.ts";

/** The connection, as the loop sees it. */
export interface StreamPipe {
  /** The options were right: answers may follow. */
  opened(): void;
  /** Sends a line; false when no more should be sent before `whenDrained` calls back. */
  send(line: string): boolean;
  whenDrained(then: () => void): void;
  /** Pause and resume the bytes that arrive. */
  pause(): void;
  resume(): void;
  /** Ends a stream that was never opened. */
  refuse(problem: Problem): void;
  /** Ends the output. `problem` is the last line sent, if that ended the stream. */
  end(problem?: Problem): void;
}

export interface StreamLoopOptions {
  readonly pipe: StreamPipe;
  readonly log: FastifyBaseLogger;
  /** how long the messages that have arrived may be answered before other requests get their turn */
  readonly turn_ms?: number;
}

/**
 * The state of the stream: messages are read and answered; they wait for another turn of the event loop, for the client
 * to read, or for a free row; or the stream has ended.
 */
type State = "reading" | "working" | "blocked" | "over";

export class StreamLoop<Reader extends MessageReader = MessageReader> implements Work {
  readonly reader: Reader;
  readonly #service: Service;
  readonly #session: StreamSession;
  readonly #pipe: StreamPipe;
  readonly #log: FastifyBaseLogger;
  readonly #turn_ms: number | undefined;
  /** the visitor that is given turns; from its first bytes on */
  #owner: (Owner & { readonly ticket: Ticket }) | undefined;
  #state: State = "reading";
  /** no more bytes will arrive: the client has sent everything, or the server is about to end */
  #last: "ended" | "finishing" | undefined;
  /** the next message has waited for a row in vain */
  #refused = false;
  /** a message was answered since the time limit was set */
  #answered = false;
  /** the bytes ended inside a message when the time limit was set */
  #inside = false;
  #deadline_ms = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    service: Service,
    session: StreamSession,
    reader: Reader,
    { pipe, log, turn_ms }: StreamLoopOptions,
  ) {
    this.reader = reader;
    this.#service = service;
    this.#session = session;
    this.#pipe = pipe;
    this.#log = log;
    this.#turn_ms = turn_ms;
  }

  /** Takes a place among the open streams. Throws the Problem `overloaded` when there is none. */
  start(): void {
    const { streams, config } = this.#service;
    if (streams.size >= config.limits.streams_max)
      throw new Problem(
        "overloaded",
        `all ${config.limits.streams_max} streams (streams_max) of this server are in use; try again`,
      );
    streams.add(this);
    this.#session.cut = (problem) => this.fail(problem);
    this.#extend();
    this.#watch();
  }

  /** True when some bytes of the reader are still to be read. */
  get isWaiting(): boolean {
    return this.#state === "working" || this.#state === "blocked";
  }

  /** Bytes have come. Answers the messages that they complete. */
  readonly take = (bytes: Uint8Array): void => {
    if (this.#state === "over") return;
    this.#session.received(bytes.length);
    this.reader.write(bytes);
    if (this.reader.is_partial === true && this.#state === "reading") this.#append();
    else this.advance();
    if (this.#state !== "reading") return;
    if (this.reader.keeps) this.arrives(this.#session.kept_bytes + bytes.length);
    else if (!this.reader.inside) this.#session.rest();
  };

  /** The bytes complete no message. They go to their row at once, as the bytes of a body do: only steps need a turn. */
  #append(): void {
    try {
      this.next();
      this.done();
    } catch (error) {
      this.fail(error);
    }
  }

  /** Accounts for the bytes of an incomplete message, which are kept until the rest arrives. */
  arrives(bytes: number): void {
    if (this.#state === "over") return;
    try {
      this.#session.keep(bytes);
    } catch (error) {
      this.fail(error);
    }
  }

  /** The reader has received bytes. */
  advance(): void {
    if (this.#state !== "reading") return;
    this.#owner ??= {
      ticket: this.#service.admission.enter(this.#session.client),
      isWanted: () => this.#state !== "over",
    };
    const is_over = workInTurns(this.#owner, this, this.#turn_ms);
    if (!is_over) this.#wait("working");
  }

  /** The client has sent everything. */
  end(): void {
    this.#last = "ended";
    this.advance();
  }

  /** The server is about to end: the message that is arriving is still answered. */
  finish(): void {
    this.#last ??= "finishing";
    this.advance();
  }

  /** The connection is closed, or all lines were sent. */
  stop(): void {
    this.#state = "over";
    clearTimeout(this.#timer);
    this.#session.close();
    this.#owner?.ticket.leave();
    this.#service.streams.delete(this);
  }

  /** Answers the next message that is complete, or does a piece of it; false when there is none, or something must happen first. */
  next(): boolean {
    if (this.#state === "over") return false;
    if (this.#session.is_inside) return this.#sendsOn(this.#session.goOn());
    if (this.reader.begins && !this.#hasRow()) {
      this.#state = "blocked";
      return false;
    }
    const message = this.reader.next() ?? (this.#last === "ended" ? this.reader.end() : undefined);
    if (message === undefined) return false;
    this.#answered = true;
    const line = this.#session.answer(message);
    if (message.type === "open") this.#pipe.opened();
    return this.#sendsOn(line);
  }

  /** Sends a line, if there is one; false when the client must read it before the next. */
  #sendsOn(line: string | undefined): boolean {
    if (line === undefined || this.#pipe.send(line)) return true;
    // The connection broke under the line.
    if (this.#state === "over") return false;
    this.#session.owes(line.length);
    this.#pipe.whenDrained(() => {
      if (this.#state !== "over") this.#session.paid();
      this.#goOn();
    });
    this.#state = "blocked";
    return false;
  }

  /** All arrived messages are answered, or the loop must wait for a row or for the client to read. */
  done(): void {
    if (this.#state === "over") return;
    if (this.#state === "blocked") {
      this.#wait("blocked");
      return;
    }
    this.#state = "reading";
    const { inside } = this.reader;
    if (this.#answered || this.#inside !== inside) this.#extend();
    this.#inside = inside;
    this.#answered = false;
    if (this.#last === "ended") this.#complete();
    else if (this.#last === "finishing" && !inside) this.fail(shuttingDown());
    else this.#pipe.resume();
  }

  /** Reads no further for now. */
  #wait(state: "working" | "blocked"): void {
    if (this.#state === "over") return;
    this.#state = state;
    this.#pipe.pause();
    this.#extend();
  }

  /** Continues after a wait. */
  #goOn(): void {
    if (this.#state === "over") return;
    this.#state = "reading";
    this.advance();
  }

  /** True when the next message may be read: there is a row for it, or no row can be had, which its answer will say. */
  #hasRow(): boolean {
    if (this.#refused) {
      this.#refused = false;
      return true;
    }
    try {
      return this.#session.reserve(this.reader.step_rows, this.#reserved);
    } catch (error) {
      if (error instanceof Problem) return true;
      throw error;
    }
  }

  readonly #reserved = (refusal: Problem | undefined): void => {
    this.#refused = refusal !== undefined;
    this.#goOn();
  };

  #complete(): void {
    if (!this.#session.opened)
      throw new Problem("body_missing", "a stream begins with its options, got none");
    this.stop();
    this.#pipe.end();
  }

  /** An error occurred after which no further message can follow. */
  fail(error: unknown): void {
    if (this.#state === "over") return;
    const problem = problemOf(error);
    const opened = this.#session.opened;
    this.stop();
    if (!opened) {
      this.#pipe.refuse(problem);
      return;
    }
    if (problem.code === "internal_error") this.#log.error({ err: error }, "a stream failed");
    else this.#log.info(causeOf(problem, this.#log), "a stream was ended");
    this.#pipe.send(this.#session.refusal(problem));
    this.#pipe.end(problem);
  }

  /** Sets the time by which the next message must arrive, or the present one must be complete. */
  #extend(): void {
    const { body_timeout_ms, stream_idle_ms } = this.#service.config.limits;
    this.#deadline_ms = performance.now() + (this.reader.inside ? body_timeout_ms : stream_idle_ms);
  }

  /** One timer a stream, set again when it fires: setting it for every message would cost more than a small step. */
  #watch(): void {
    const { body_timeout_ms, stream_idle_ms } = this.#service.config.limits;
    const left_ms = this.#deadline_ms - performance.now();
    if (left_ms > 0) {
      const soonest_ms = Math.min(left_ms, body_timeout_ms, stream_idle_ms);
      this.#timer = setTimeout(() => this.#watch(), Math.ceil(soonest_ms)).unref();
    } else this.fail(this.reader.inside ? tooSlow(body_timeout_ms) : idle(stream_idle_ms));
  }
}

function shuttingDown(): Problem {
  return new Problem(
    "shutting_down",
    "this server is about to end: open the stream again with its seed, history and the state of the last reply",
  );
}

function tooSlow(body_timeout_ms: number): Problem {
  return new Problem("body_timeout", `a message must arrive within ${body_timeout_ms} ms (body_timeout_ms)`);
}

function idle(stream_idle_ms: number): Problem {
  return new Problem(
    "body_timeout",
    `no message came, or no answer was read, for ${stream_idle_ms} ms (stream_idle_ms)`,
  );
}
