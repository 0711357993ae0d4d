/**
 * The typed client: one step, many steps, or a stream of them, in Node and in browsers. Options and replies have the
 * same names as in HTTP.
 *
 *   const client = connect("http://127.0.0.1:8080");
 *   const { token_id } = await client.sample(logits, { temperature: 0.8, top_p: 0.95, seed: 7, step: 0 });
 */

import type { BeamStep } from "../sampling/beam/search.ts";
import type { Sampled } from "../sampling/report/report.ts";
import type { Resampled } from "../sampling/resample.ts";
import type { Verified } from "../sampling/verify/verify.ts";
import { type AnalysisCalls, analysisCalls } from "./analysis.ts";
import { type BeamOptions, beam, type ResampleOptions, resample } from "./beam.ts";
import { type CallOptions, type ClientOptions, post, type Transport, transportOf } from "./http.ts";
import type { StepRequestOptions } from "./options.ts";
import { type BatchRow, batchPost, stepPost } from "./posts.ts";
import { problemIn, type ServiceProblem } from "./problem.ts";
import type { Logits, StepLogits } from "./row.ts";
import { type ClientStream, openClientStream, type StreamOptions, type StreamTransport } from "./stream.ts";
import { type VerifyOptions, type VerifySequence, verify, verifyBatch } from "./verify.ts";

export interface SamplerClient extends AnalysisCalls {
  /**
   * Draws one token from one row, or from several that the option `combine` turns into one. Throws a ServiceProblem when the
   * service refuses.
   */
  sample(logits: StepLogits, options?: StepRequestOptions, call?: CallOptions): Promise<Sampled>;
  /** Draws a token from each row. A refused row has its problem in its place, and the others succeed. */
  sampleBatch(
    rows: readonly BatchRow[],
    shared?: StepRequestOptions,
    call?: CallOptions,
  ): Promise<(Sampled | ServiceProblem)[]>;
  /**
   * Accepts drafted tokens until the target disagrees, and draws the next token. `logits`: one target row for each
   * drafted token and one more, then the rows of the draft when `draft_rows` is given.
   */
  verify(logits: readonly Logits[], options: VerifyOptions, call?: CallOptions): Promise<Verified>;
  /** The same for many sequences. A refused one has its problem in its place, and the others succeed. */
  verifyBatch(
    sequences: readonly VerifySequence[],
    shared?: Partial<VerifyOptions>,
    call?: CallOptions,
  ): Promise<(Verified | ServiceProblem)[]>;
  /** Takes one step of a beam search: a row for each live beam, one in the first step. */
  beam(rows: readonly BatchRow[], options: BeamOptions, call?: CallOptions): Promise<BeamStep>;
  /** Chooses which of N weighted sequences continue. */
  resample(options: ResampleOptions, call?: CallOptions): Promise<Resampled>;
  /** Opens a stream: the service keeps history, step and state, so that a step sends only its logits. */
  stream(options?: StreamOptions, connection?: StreamTransport): Promise<ClientStream>;
}

/** A client of the service at this URL. Nothing is sent yet. */
export function connect(url: string, options: ClientOptions = {}): SamplerClient {
  const transport = transportOf(url, options);
  return {
    ...analysisCalls(transport),
    sample: (logits, own = {}, call = {}) => sample(transport, logits, own, call),
    sampleBatch: (rows, shared = {}, call = {}) => sampleBatch(transport, rows, shared, call),
    verify: (logits, own, call = {}) => verify(transport, logits, own, call),
    verifyBatch: (sequences, shared = {}, call = {}) => verifyBatch(transport, sequences, shared, call),
    beam: (rows, options, call = {}) => beam(transport, rows, options, call),
    resample: (options, call = {}) => resample(transport, options, call),
    stream: (own = {}, connection = {}) => openClientStream(transport, own, connection),
  };
}

async function sample(
  transport: Transport,
  logits: StepLogits,
  options: StepRequestOptions,
  call: CallOptions,
): Promise<Sampled> {
  const request = stepPost("/v1/sample", logits, options);
  return (await post(transport, request, call)) as Sampled; // the documented type of this reply
}

async function sampleBatch(
  transport: Transport,
  rows: readonly BatchRow[],
  shared: StepRequestOptions,
  call: CallOptions,
): Promise<(Sampled | ServiceProblem)[]> {
  const seeded = shared.seed !== undefined || rows.every(({ seed }) => seed !== undefined);
  const reply = await post(transport, batchPost("/v1/sample/batch", rows, shared, seeded), call);
  const { results } = reply as { readonly results: readonly (Sampled | { readonly status: number })[] }; // as above
  return results.map((result) => problemIn(result) ?? (result as Sampled));
}
