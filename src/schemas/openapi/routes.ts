/** OpenAPI descriptions of each route: purpose, headers, query, bodies, replies and problems. */
import type { z } from "zod";
import { PROBLEMS, type ProblemCode } from "../../errors.ts";
import { STEP_OPTIONS } from "../../sampling/options/step-options.ts";
import { type JsonSchema, propertiesOf, QUERY_OPTIONS, STEP_QUERY_OPTIONS } from "../options.ts";
import { type ComponentName, refTo, withStages } from "./components.ts";
import { PROBLEM_HEADERS, REPLY_HEADERS, RETRY_AFTER, SAMPLED_HEADERS, TENSOR_HEADERS } from "./headers.ts";
import { sharedOption } from "./shared-options.ts";
import { toldSchemaOf } from "./told.ts";

const SAMPLING = ["sampling"];
const SERVICE = ["service"];

export const REQUEST_HEADERS = {
  type: "object",
  properties: {
    "inference-header-content-length": {
      type: "integer",
      minimum: 1,
      description:
        "For binary bodies: number of bytes of JSON before the tensor. Without it the whole body is the tensor.",
    },
    "x-request-id": {
      type: "string",
      description:
        "A request id of 1 to 128 visible ASCII characters. It is logged and returned. Any other value is replaced by a new id.",
    },
    traceparent: {
      type: "string",
      description:
        "The trace of this request (W3C Trace Context). It is logged and returned in traceresponse.",
    },
  },
};

/** The options of a step, for the document. */
const OF_STEP = propertiesOf(toldSchemaOf(STEP_OPTIONS));

const QUERY = queryOf(QUERY_OPTIONS);
const STEP_QUERY = queryOf(STEP_QUERY_OPTIONS);

/** The fields of a schema as query options. Lists are written as `1,2,3`, which is how the service reads them. */
export function queryOf(schema: z.ZodType): JsonSchema {
  const options = Object.entries(propertiesOf(withStages(toldSchemaOf(schema))));
  const properties = Object.fromEntries(options.map(([name, option]) => [name, inQuery(name, option)]));
  return { type: "object", style: "form", explode: false, properties };
}

/**
 * Scalars and lists of scalars stand plainly in a query string; everything else is JSON text. OpenAPI sees that
 * as a string, so generated clients do not serialize the object in another way.
 */
function inQuery(name: string, option: JsonSchema): JsonSchema {
  if (isScalar(option) || isList(option)) return option;
  const { description, ...own } = option;
  const is_of_step = JSON.stringify(option) === JSON.stringify(OF_STEP[name]);
  const contentSchema = (is_of_step ? sharedOption(name, option) : undefined) ?? own;
  return { type: "string", description, contentMediaType: "application/json", contentSchema };
}

function isScalar({ type, enum: words, const: word, anyOf }: JsonSchema): boolean {
  if (Array.isArray(anyOf)) return anyOf.every(isScalar);
  const types = [type ?? []].flat();
  const are_scalars = types.length > 0 && types.every((each) => each !== "object" && each !== "array");
  return words !== undefined || word !== undefined || are_scalars;
}

function isList({ type, items }: JsonSchema): boolean {
  return [type].flat().includes("array") && isScalar((items ?? {}) as JsonSchema); // an array without scalar items has none
}

const TENSOR = { type: "string", format: "binary", contentMediaType: "application/octet-stream" };

/** Problems that any route of /v1 may answer before its handler runs. */
export const DOOR_PROBLEMS = ["unauthorized", "rate_limited"] as const satisfies readonly ProblemCode[];

/** Problems of routes without a body. */
export const READ_PROBLEMS = [
  ...DOOR_PROBLEMS,
  "malformed_query",
  "option_conflict",
] as const satisfies readonly ProblemCode[];

export const BODY_PROBLEMS = [
  ...DOOR_PROBLEMS,
  "malformed_json",
  "malformed_header",
  "malformed_query",
  "body_missing",
  "body_timeout",
  "body_too_large",
  "unsupported_media_type",
  "invalid_option",
  "unknown_option",
  "unknown_stage",
  "unknown_preset",
  "unknown_key",
  "option_conflict",
  "invalid_logits",
  "nan_logit",
  "length_mismatch",
  "token_id_out_of_range",
  "all_tokens_masked",
  "need_more_tokens",
  "limit_exceeded",
  "overloaded",
] as const satisfies readonly ProblemCode[];

export const SAMPLE_ROUTE = {
  operationId: "sample",
  tags: SAMPLING,
  summary: "Draw one token from one row of logits",
  description: `The row comes as JSON (dense numbers, packed base64 or sparse) or as a binary tensor, dense or sparse; the reply is the same.

**Binary**: send \`application/octet-stream\`, or no Content-Type, or with \`dtype\` in the query string the form type that \`curl --data-binary\` sends. With \`Inference-Header-Content-Length: N\` the first N bytes are JSON, the fields of StepRequest but \`logits\`, with \`dtype\`, and the rest is the tensor. Without it the whole body is the row and the options stand in the query string: \`?dtype=f16&temperature=0.8&top_k=40&seed=7&step=3\`; lists as \`1,2,3\`, objects as JSON. With \`sparse: {"count": n}\` among them the body is n token ids (int32, little-endian) and n logits.

**Reproducible**: the same request gives the same bytes of reply on any machine that reports the same \`system_fingerprint\`. Give \`seed\` and \`step\`; without a seed a random one is used and returned.`,
  headers: REQUEST_HEADERS,
  querystring: STEP_QUERY,
  body: {
    content: {
      "application/json": { schema: refTo("StepRequest") },
      "application/octet-stream": {
        schema: {
          ...TENSOR,
          description: "The row, dense or sparse, little-endian, alone or behind its options in JSON.",
        },
      },
    },
  },
  response: { 200: reply("The token.", "StepReply", SAMPLED_HEADERS), ...problems(BODY_PROBLEMS) },
};

export const BATCH_ROUTE = {
  operationId: "sampleBatch",
  tags: SAMPLING,
  summary: "Draw a token from each of many rows",
  description: `Replies come in the order of the rows. An invalid row fails alone, with its problem in its place. An invalid body fails the whole request. Each reply is, byte for byte, the one that /v1/sample would give for that row.

**Binary**: as for one step, with JSON such as \`{"dtype": "bf16", "shape": [2, 128256], "temperature": 0.8, "rows": [{"seed": 7}, {"seed": 8}]}\` in front, or \`?shape=64,128256&dtype=f16&…\`. Rows are sampled as they arrive, so a batch of any size needs the memory of one row.

With \`Accept: application/octet-stream\` the kept tokens of rows with \`kept_token_ids\` come after the JSON: rows + 1 offsets (int64), then the ids (int32).

Rows that share a \`seed\` share their randomness too: give each its own seed or its own step.`,
  headers: REQUEST_HEADERS,
  querystring: QUERY,
  body: {
    content: {
      "application/json": { schema: refTo("BatchRequest") },
      "application/octet-stream": {
        schema: {
          ...TENSOR,
          description: "The rows one after another, alone or behind their options in JSON.",
        },
      },
    },
  },
  response: {
    200: {
      description: "Replies and problems, in the order of the rows.",
      headers: { ...SAMPLED_HEADERS, ...TENSOR_HEADERS },
      content: {
        "application/json": { schema: refTo("BatchReply") },
        "application/octet-stream": { schema: TENSOR },
      },
    },
    ...problems(BODY_PROBLEMS),
  },
};

export const SAMPLERS_ROUTE = {
  operationId: "samplers",
  tags: SAMPLING,
  summary: "List every sampler with its options, formula and source",
  response: { 200: reply("The catalogue.", "Catalogue"), ...problems(READ_PROBLEMS) },
};

export const COMBINATIONS_ROUTE = {
  operationId: "combinations",
  tags: SAMPLING,
  summary: "List the rules by which the rows of several sources become one",
  response: { 200: reply("The rules.", "Combinations"), ...problems(READ_PROBLEMS) },
};

/** Problems that any route may answer before it reads the request; health pages have no others. */
export const HEAD_PROBLEM = {
  431: {
    description: `\`headers_too_large\`: ${lowered(PROBLEMS.headers_too_large[1])}.`,
    content: { "application/problem+json": { schema: refTo("Problem") } },
  },
};

export const HEALTH_ROUTE = {
  operationId: "health",
  tags: SERVICE,
  summary: "Tell whether the process is alive",
  response: { 200: reply("It is.", "Health"), ...HEAD_PROBLEM },
};

export const READY_ROUTE = {
  operationId: "ready",
  tags: SERVICE,
  summary: "Tell whether this instance is ready for requests",
  response: {
    200: reply("They should.", "Health"),
    503: reply("Not ready: all rows are in use, or the process is about to end.", "Health", {
      ...REPLY_HEADERS,
      ...RETRY_AFTER,
    }),
    ...HEAD_PROBLEM,
  },
};

export const METRICS_ROUTE = {
  operationId: "metrics",
  tags: SERVICE,
  summary: "Metrics of all workers, in Prometheus' format",
  response: {
    200: {
      description: "Metrics in Prometheus' text format, summed over the workers.",
      headers: REPLY_HEADERS,
      content: { "text/plain": { schema: { type: "string" } } },
    },
    ...problems(DOOR_PROBLEMS),
  },
};

export function reply(
  description: string,
  component: ComponentName,
  headers: JsonSchema = REPLY_HEADERS,
): JsonSchema {
  return {
    description,
    headers,
    content: { "application/json": { schema: refTo(component) } },
  };
}

/** One response for each status of these codes. It lists the codes that it may carry. */
export function problems(codes: readonly ProblemCode[]): Record<string, JsonSchema> {
  const by_status: Record<string, ProblemCode[]> = {};
  for (const code of [...codes, "internal_error"] as const) {
    const status = PROBLEMS[code][0];
    by_status[status] = [...(by_status[status] ?? []), code];
  }
  return Object.fromEntries(
    Object.entries(by_status).map(([status, list]) => [status, problem(Number(status), list)]),
  );
}

function problem(status: number, codes: readonly ProblemCode[]): JsonSchema {
  return {
    description: codes.map((code) => `\`${code}\`: ${lowered(PROBLEMS[code][1])}.`).join("\n"),
    headers: { ...REPLY_HEADERS, ...PROBLEM_HEADERS[status] },
    content: { "application/problem+json": { schema: refTo("Problem") } },
  };
}

/** A title as the end of a sentence. */
function lowered(title: string): string {
  return title.charAt(0).toLowerCase() + title.slice(1);
}
