/**
 * Writes replies as JSON text: one step, a problem, or the results of a batch. The text of a step is the
 * same, alone or in a batch.
 */
import type { Problem } from "../errors.ts";
import type { BeamStep } from "../sampling/beam/search.ts";
import type { Sampled } from "../sampling/report/report.ts";
import type { Verified } from "../sampling/verify/verify.ts";

/** Fields in the order of Sampled; fields that were not requested are absent. */
export function writeSampled(sampled: Sampled): string {
  return JSON.stringify(sampled);
}

/** The reply to a draft; each position has the form of a step. */
export function writeVerified(verified: Verified): string {
  return JSON.stringify(verified);
}

/** The reply to a step of a beam search. */
export function writeBeams(step: BeamStep): string {
  return JSON.stringify(step);
}

/** RFC 9457, with the code, the pointer into the request and the request's id. */
export function writeProblem(problem: Problem, request_id: string): string {
  const { code, title, status, message: detail, pointer } = problem;
  return JSON.stringify({
    type: `urn:logit-sampler:problem:${code}`,
    title,
    status,
    detail,
    code,
    pointer,
    request_id,
  });
}

/** The text around the rows of a batch, in order and with commas between them. */
export const BATCH_TEXT = { begin: '{"results":[', between: ",", end: "]}" } as const;
