/** From a step to the text of its answer, timed. */
import type { FastifyReply } from "fastify";
import { assert, Problem } from "../errors.ts";
import { writeSampled } from "../wire/reply.ts";
import type { Step } from "../wire/step-reader.ts";
import type { Service } from "./service.ts";

export const JSON_TYPE = "application/json; charset=utf-8";

/** Draws the token of a step. Throws a Problem whose pointer leads into the request. */
export function answerStep({ sampler }: Service, step: Step | Problem | undefined): string {
  assert(step !== undefined, "a body that ended well has its step");
  if (step instanceof Problem) throw step;
  try {
    return writeSampled(sampler.sample(step.row, step.options));
  } catch (error) {
    throw error instanceof Problem && step.place !== undefined ? step.place(error) : error;
  }
}

/** Sends a reply with the time that sampling took, in milliseconds. */
export function sendTimed(reply: FastifyReply, text: string, sampling_ms: number): FastifyReply {
  return reply
    .header("server-timing", `sample;dur=${sampling_ms.toFixed(3)}`)
    .header("content-type", JSON_TYPE)
    .send(text);
}
