/** Answers steps: from a step to the text of its reply, timed. */
import type { FastifyReply } from "fastify";
import { assert, Problem } from "../../errors.ts";
import type { Sampled } from "../../sampling/report/report.ts";
import type { LogitsRow } from "../../sampling/rows.ts";
import type { Step } from "../../wire/step-reader.ts";
import type { Transport } from "../observe/counters.ts";
import type { RequestRecord } from "../observe/request-record.ts";
import type { Service } from "./service.ts";

export const JSON_TYPE = "application/json; charset=utf-8";

/** The request or stream that a step belongs to. */
export interface Call {
  readonly service: Service;
  readonly record: RequestRecord;
  /** spent on sampling so far */
  sampling_ms: number;
}

/** Answers steps one after the other. A long step takes several calls, a piece each. */
export class StepAnswers {
  readonly #call: Call;
  readonly #transport: Transport;
  #pieces: Generator<undefined, Sampled> | undefined;
  #place: Step["place"];
  #sampling_ms = 0;

  constructor(call: Call, transport: Transport) {
    this.#call = call;
    this.#transport = transport;
  }

  /** Whether the current step needs `goOn`. */
  get is_inside(): boolean {
    return this.#pieces !== undefined;
  }

  /** Draws the token of a step; undefined while `goOn` has more to do. Throws a Problem whose pointer leads into the request. */
  begin(step: Step | Problem | undefined): Sampled | undefined {
    assert(step !== undefined, "a body that ended well has its step");
    if (step instanceof Problem) throw step;
    const { sampler } = this.#call.service;
    this.#place = step.place;
    this.#sampling_ms = 0;
    const { rows, options } = step;
    this.#call.record.vocab_size = vocabSize(rows);
    const began_ms = performance.now();
    try {
      const begun = sampler.begin(rows, options);
      if (!("next" in begun)) return this.#took(began_ms, begun);
      this.#pieces = begun;
      return this.#took(began_ms, this.#next(begun));
    } catch (error) {
      throw this.#failed(error);
    }
  }

  /** Does the next piece of the step. */
  goOn(): Sampled | undefined {
    const pieces = this.#pieces;
    assert(pieces !== undefined, "a step was begun");
    const began_ms = performance.now();
    try {
      return this.#took(began_ms, this.#next(pieces));
    } catch (error) {
      throw this.#failed(error);
    }
  }

  #next(pieces: Generator<undefined, Sampled>): Sampled | undefined {
    const piece = pieces.next();
    if (piece.done !== true) return undefined;
    this.#pieces = undefined;
    return piece.value;
  }

  #took(began_ms: number, sampled: Sampled | undefined): Sampled | undefined {
    const ms = performance.now() - began_ms;
    this.#sampling_ms += ms;
    this.#call.sampling_ms += ms;
    if (sampled !== undefined)
      this.#call.service.counters.sampled(sampled, this.#transport, this.#sampling_ms / 1000);
    return sampled;
  }

  /** The error as a Problem whose pointer leads into the request. */
  #failed(error: unknown): unknown {
    this.#pieces = undefined;
    return error instanceof Problem && this.#place !== undefined ? this.#place(error) : error;
  }
}

/** Elements of each row of a step; 0 for a sparse row that does not say. */
export function vocabSize([row]: readonly LogitsRow[]): number {
  if (row === undefined) return 0;
  return "length" in row ? row.length : (row.vocab_size ?? 0);
}

/** Sends a reply with the time that sampling took, in milliseconds. */
export function sendTimed(reply: FastifyReply, text: string, sampling_ms: number): FastifyReply {
  return reply
    .header("server-timing", `sample;dur=${sampling_ms.toFixed(3)}`)
    .header("content-type", JSON_TYPE)
    .send(text);
}
