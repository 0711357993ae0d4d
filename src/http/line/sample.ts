/** From a step to the text of its answer, timed. */
import type { FastifyReply } from "fastify";
import { assert, Problem } from "../../errors.ts";
import { isSparse, type LogitsRow } from "../../sampling/rows.ts";
import { writeSampled } from "../../wire/reply.ts";
import type { Step } from "../../wire/step-reader.ts";
import type { Guest } from "../door/door.ts";
import type { Transport } from "../figures/figures.ts";
import type { Service } from "../service.ts";

export const JSON_TYPE = "application/json; charset=utf-8";

/** What a step belongs to. */
export interface Call {
  readonly service: Service;
  readonly guest: Guest;
  /** spent on sampling so far */
  sampling_ms: number;
}

/** Draws the token of a step. Throws a Problem whose pointer leads into the request. */
export function answerStep(call: Call, step: Step | Problem | undefined, transport: Transport): string {
  assert(step !== undefined, "a body that ended well has its step");
  if (step instanceof Problem) throw step;
  const { sampler, figures } = call.service;
  const began_ms = performance.now();
  try {
    call.guest.vocab_size = vocabSize(step.row);
    const sampled = sampler.sample(step.row, step.options);
    const sampling_ms = performance.now() - began_ms;
    call.sampling_ms += sampling_ms;
    figures.sampled(sampled, transport, sampling_ms / 1000);
    return writeSampled(sampled);
  } catch (error) {
    throw error instanceof Problem && step.place !== undefined ? step.place(error) : error;
  }
}

/** Elements of a row; 0 where a sparse one does not tell. */
export function vocabSize(row: LogitsRow): number {
  return isSparse(row) ? (row.vocab_size ?? 0) : row.length;
}

/** Sends a reply with the time that sampling took, in milliseconds. */
export function sendTimed(reply: FastifyReply, text: string, sampling_ms: number): FastifyReply {
  return reply
    .header("server-timing", `sample;dur=${sampling_ms.toFixed(3)}`)
    .header("content-type", JSON_TYPE)
    .send(text);
}
