/** The headers of answers, as the OpenAPI document tells of them. What HTTP itself requires is not told. */
import type { JsonSchema } from "../options.ts";

type Headers = Readonly<Record<string, JsonSchema>>;

/** Of every answer. */
export const REPLY_HEADERS = {
  "x-request-id": {
    type: "string",
    description: "Id of the request: the one sent as X-Request-Id, or a new one.",
  },
  traceresponse: {
    type: "string",
    description: "The trace this answer belongs to, where one was named or is recorded.",
  },
} as const satisfies Headers;

/** Of answers with tokens. */
export const SAMPLED_HEADERS = {
  ...REPLY_HEADERS,
  "server-timing": { type: "string", description: "`sample;dur=` the milliseconds that sampling took." },
} as const satisfies Headers;

/** Of answers that may have a tensor behind their JSON. */
export const TENSOR_HEADERS = {
  "inference-header-content-length": {
    type: "integer",
    minimum: 1,
    description: "How many bytes of JSON stand before the tensors; absent when there are none.",
  },
} as const satisfies Headers;

export const RETRY_AFTER = {
  "retry-after": { type: "integer", minimum: 1, description: "Seconds after which to try again." },
} as const satisfies Headers;

/** What a problem's answer has besides, by its status. */
export const PROBLEM_HEADERS: Readonly<Record<number, Headers>> = {
  401: { "www-authenticate": { type: "string", description: "How to send a key (RFC 6750)." } },
  405: { allow: { type: "string", description: "The methods that are taken there." } },
  426: { upgrade: { type: "string", description: "The protocol to speak." } },
  429: RETRY_AFTER,
  503: RETRY_AFTER,
};
