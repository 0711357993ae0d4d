/** Response headers for the OpenAPI document. Headers that HTTP itself requires are left out. */
import type { JsonSchema } from "../options.ts";

type Headers = Readonly<Record<string, JsonSchema>>;

/** Headers of every response. */
export const REPLY_HEADERS = {
  "x-request-id": {
    type: "string",
    description: "Id of the request: the one sent as X-Request-Id, or a new one.",
  },
  traceresponse: {
    type: "string",
    description: "The trace of this response, when the request named one or one is recorded.",
  },
} as const satisfies Headers;

/** Headers of responses with tokens. */
export const SAMPLED_HEADERS = {
  ...REPLY_HEADERS,
  "server-timing": {
    type: "string",
    description: "`sample;dur=` gives the time of sampling in milliseconds.",
  },
} as const satisfies Headers;

/** Headers of responses that may have a tensor after their JSON. */
export const TENSOR_HEADERS = {
  "inference-header-content-length": {
    type: "integer",
    minimum: 1,
    description: "Number of bytes of JSON before the tensors; absent when there are none.",
  },
} as const satisfies Headers;

export const RETRY_AFTER = {
  "retry-after": { type: "integer", minimum: 1, description: "Seconds to wait before a retry." },
} as const satisfies Headers;

/** Further headers of a problem response, by its status. */
export const PROBLEM_HEADERS: Readonly<Record<number, Headers>> = {
  401: { "www-authenticate": { type: "string", description: "How to send a key (RFC 6750)." } },
  405: { allow: { type: "string", description: "The allowed methods." } },
  426: { upgrade: { type: "string", description: "The protocol to upgrade to." } },
  429: RETRY_AFTER,
  503: RETRY_AFTER,
};
