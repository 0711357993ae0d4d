/** A step of a beam search: the rows of its live beams are sent as a batch. */
import type { Search } from "../sampling/beam/rule.ts";
import type { BeamStep } from "../sampling/beam/search.ts";
import type { Resampled } from "../sampling/resample.ts";
import { type CallOptions, post, type Transport } from "./http.ts";
import type { StepRequestOptions } from "./options.ts";
import { type BatchRow, batchPost, jsonPost } from "./posts.ts";

/** The fields of a search, and the options that its rows share. */
export interface BeamOptions extends StepRequestOptions {
  /** the rule with its options: docs/beams.md */
  readonly beam: Readonly<Record<string, unknown>> & { readonly rule: string };
  /** the `search` of the last reply; absent in the first step */
  readonly search?: Search | null | undefined;
}

/** Weights of sequences, with the seed and step of the draw. */
export interface ResampleOptions {
  readonly log_weights: readonly (number | null)[];
  readonly threshold?: number;
  readonly seed?: number | string;
  readonly step?: number;
}

/** Takes a step. Throws a ServiceProblem when the service refuses. */
export async function beam(
  transport: Transport,
  rows: readonly BatchRow[],
  options: BeamOptions,
  call: CallOptions,
): Promise<BeamStep> {
  // After the first step the search has its seed.
  const seeded = options.seed !== undefined || options.search != null;
  return (await post(transport, batchPost("/v1/beam", rows, options, seeded), call)) as BeamStep; // the documented type of this reply
}

export async function resample(
  transport: Transport,
  options: ResampleOptions,
  call: CallOptions,
): Promise<Resampled> {
  const request = jsonPost("/v1/resample", options, options.seed !== undefined);
  return (await post(transport, request, call)) as Resampled; // as above
}
