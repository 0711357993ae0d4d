/** The page's side of the service's public API. It knows URLs and forms of body, nothing of the page. */
import type { Dtype } from "../../../src/kernels/dtypes.ts";
import { send } from "./transport.ts";
import type { BeamStep, Catalogue, ProblemBody, Sampled, Verified } from "./wire.ts";

/** The bytes of one row of logits, little-endian, as the host sent them. */
export interface RowBytes {
  readonly dtype: Dtype;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** A request that the service refused, with the service's message, or one that never reached the service. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly problem: ProblemBody;

  constructor(problem: ProblemBody) {
    super(problem.detail);
    this.problem = problem;
  }
}

/** POST /v1/sample with the row in binary after its options. */
export function postSample(
  row: RowBytes,
  options: Readonly<Record<string, unknown>>,
  signal?: AbortSignal,
): Promise<Sampled> {
  const { headers, body } = binaryBody({ ...options, dtype: row.dtype }, row.bytes);
  return request<Sampled>("/v1/sample", { method: "POST", headers, body, ...(signal && { signal }) });
}

/** POST /v1/verify with rows of one length, one after the other. */
export function postVerify(...asked: RowsOfOneLength): Promise<Verified> {
  return request<Verified>("/v1/verify", rowsPost(...asked));
}

/** POST /v1/beam with a row for each live beam. */
export function postBeam(...asked: RowsOfOneLength): Promise<BeamStep> {
  return request<BeamStep>("/v1/beam", rowsPost(...asked));
}

type RowsOfOneLength = readonly [
  rows: readonly [RowBytes, ...RowBytes[]],
  vocab_size: number,
  options: Readonly<Record<string, unknown>>,
];

function rowsPost(...[[first, ...others], vocab_size, options]: RowsOfOneLength): RequestInit {
  const head = { ...options, dtype: first.dtype, shape: [1 + others.length, vocab_size] };
  return { method: "POST", ...binaryBody(head, first.bytes, ...others.map(({ bytes }) => bytes)) };
}

/** The form that every binary call shares: a JSON head, its length in a header, then the tensor. */
export function binaryBody(
  head: Readonly<Record<string, unknown>>,
  ...tensor: readonly Uint8Array<ArrayBuffer>[]
) {
  const json = new TextEncoder().encode(JSON.stringify(head));
  return {
    headers: {
      "content-type": "application/octet-stream",
      "inference-header-content-length": String(json.length),
    },
    // a chunk of half a megabyte from the page's own memory would take the browser twice the CPU time
    body: new Blob([json, ...tensor]),
  };
}

export function getCatalogue(): Promise<Catalogue> {
  return request<Catalogue>("/v1/samplers", {});
}

/** The parsed reply; throws a Refusal, or an AbortError when the signal fired. */
export async function request<Reply>(path: string, init: RequestInit): Promise<Reply> {
  let response: Response;
  try {
    response = await send(path, init);
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new Refusal(unreachable("The service does not answer. Is it running?"));
  }
  const text = await response.text();
  if (response.ok) return JSON.parse(text) as Reply; // what a 200 holds is described in openapi.json
  throw new Refusal(problemOf(response, text));
}

function problemOf(response: Response, text: string): ProblemBody {
  try {
    const body = JSON.parse(text) as Partial<ProblemBody>;
    if (typeof body.detail === "string") return { ...unreachable(body.detail), ...body };
  } catch {
    // not the service's own message, but for example a proxy's page
  }
  return unreachable(`${response.status} ${response.statusText}`);
}

function unreachable(detail: string): ProblemBody {
  return { title: "The service does not answer", status: 0, detail, code: "unreachable", pointer: "" };
}
