/** OpenAPI descriptions of /v2. */
import { PROBLEMS, type ProblemCode } from "../../errors.ts";
import type { JsonSchema } from "../options.ts";
import { refTo } from "./components.ts";
import { PROBLEM_HEADERS, REPLY_HEADERS, RETRY_AFTER, SAMPLED_HEADERS, TENSOR_HEADERS } from "./headers.ts";
import { BODY_PROBLEMS, DOOR_PROBLEMS, HEAD_PROBLEM } from "./routes.ts";

const TAGS = ["inference protocol"];

function answer(description: string, schema: JsonSchema, headers: JsonSchema = {}): JsonSchema {
  return {
    description,
    headers: { ...REPLY_HEADERS, ...headers },
    content: { "application/json": { schema } },
  };
}

/** The statuses of these problems. A 422 of /v1 is a 400 here. */
function errors(codes: readonly ProblemCode[]): Record<string, JsonSchema> {
  const by_status: Record<string, string[]> = {};
  for (const code of [...codes, "internal_error"] as const) {
    const [status, title] = PROBLEMS[code];
    const key = status === 422 ? 400 : status;
    by_status[key] = [...(by_status[key] ?? []), `${title}.`];
  }
  return Object.fromEntries(
    Object.entries(by_status).map(([status, titles]) => [
      status,
      answer([...new Set(titles)].join("\n"), refTo("InferError"), PROBLEM_HEADERS[Number(status)]),
    ]),
  );
}

export const SERVER_ROUTE = {
  operationId: "serverMetadata",
  tags: TAGS,
  summary: "Server name and supported extensions",
  response: { 200: answer("The server.", refTo("ServerMetadata")), ...errors(DOOR_PROBLEMS) },
};

export const LIVE_ROUTE = {
  operationId: "serverLive",
  tags: TAGS,
  summary: "Check whether the server is alive",
  response: { 200: answer("It is.", flagged("live")), ...HEAD_PROBLEM },
};

export const SERVER_READY_ROUTE = {
  operationId: "serverReady",
  tags: TAGS,
  summary: "Check whether the server is ready for requests",
  response: {
    200: answer("It does.", flagged("ready")),
    503: answer("The server is not ready.", flagged("ready"), RETRY_AFTER),
    ...HEAD_PROBLEM,
  },
};

export const MODEL_READY_ROUTE = {
  operationId: "modelReady",
  tags: TAGS,
  summary: "Check whether the model is ready for requests",
  description: "Also under `/v2/models/sampler/versions/1`.",
  response: {
    200: answer("It does.", flagged("ready")),
    503: answer("The model is not ready.", flagged("ready"), RETRY_AFTER),
    ...errors(DOOR_PROBLEMS),
  },
};

export const MODEL_ROUTE = {
  operationId: "modelMetadata",
  tags: TAGS,
  summary: "Inputs and outputs of the model",
  description: "Also under `/v2/models/sampler/versions/1`.",
  response: { 200: answer("The model.", refTo("ModelMetadata")), ...errors(DOOR_PROBLEMS) },
};

export const CONFIG_ROUTE = {
  operationId: "modelConfig",
  tags: TAGS,
  summary: "Configuration of the model, in Triton's format",
  response: { 200: answer("The configuration.", { type: "object" }), ...errors(DOOR_PROBLEMS) },
};

export const STATISTICS_ROUTE = {
  operationId: "modelStatistics",
  tags: TAGS,
  summary: "Number and duration of inferences, over all workers",
  response: {
    200: answer("The statistics, in Triton's format.", { type: "object" }),
    ...errors(DOOR_PROBLEMS),
  },
};

export const INDEX_ROUTE = {
  operationId: "repositoryIndex",
  tags: TAGS,
  summary: "List the models; there is exactly one",
  response: {
    200: answer("The models.", {
      type: "array",
      items: {
        type: "object",
        properties: {
          name: { type: "string" },
          version: { type: "string" },
          state: { type: "string" },
          reason: { type: "string" },
        },
      },
    }),
    ...errors(DOOR_PROBLEMS),
  },
};

export const INFER_ROUTE = {
  operationId: "infer",
  tags: TAGS,
  summary: "Draw tokens, for clients of Triton and KServe",
  description: `The input \`logits\` is a tensor of shape [vocab_size] or [rows, vocab_size], FP32, FP16 or BF16: in JSON (FP32 only), as bytes after the JSON (\`binary_data_size\`, with \`Inference-Header-Content-Length\`), or in shared memory. Options are \`parameters\`, or further inputs with an element, or a list, for each row. Every row is drawn as \`POST /v1/sample\` would draw it.

Outputs: \`token_id\`, \`logprob\`, \`processed_logprob\`, \`rank\`, \`top_logprob_token_ids\`, \`top_logprobs\`, \`named_logprobs\`, \`kept\`, \`kept_token_ids\`, \`kept_mass\`, \`raw_entropy\`, \`raw_varentropy\`, \`raw_margin\`, \`raw_confidence\`, the same four with \`processed_\`, \`seed\`, \`step\`, \`state\`, \`reply\` (the JSON text of \`/v1/sample\`). One row that fails fails the request.

The input \`draft_token_ids\` makes the rows those of a draft, with every option of \`POST /v1/verify\` as a parameter or an input, and the outputs \`accepted\`, \`path\`, \`preserves\`, \`drafted_token_ids\`, \`draft_accepted\`, \`next_step\`, \`next_state\`, \`verified\`. \`draft_offsets\`, \`draft_ids\` and \`draft_values\` are the drafter's rows as a sparse matrix.

Also under \`/v2/models/sampler/versions/1/infer\`. Bodies may be compressed with gzip or deflate here.`,
  headers: {
    type: "object",
    properties: {
      "inference-header-content-length": {
        type: "integer",
        minimum: 1,
        description: "Number of bytes of JSON before the tensors. Without it the whole body is JSON.",
      },
      "content-encoding": {
        type: "string",
        enum: ["gzip", "deflate"],
        description: "Compression of the request body.",
      },
      "accept-encoding": {
        type: "string",
        description: "Compressions that the client accepts for the reply: gzip or deflate.",
      },
    },
  },
  body: {
    content: {
      "application/json": { schema: refTo("InferRequest") },
      "application/octet-stream": {
        schema: { type: "string", format: "binary", description: "JSON, followed by the tensors." },
      },
    },
  },
  response: {
    200: {
      description: "The outputs. Binary outputs follow the JSON, in order.",
      headers: {
        ...SAMPLED_HEADERS,
        ...TENSOR_HEADERS,
        "content-encoding": {
          type: "string",
          enum: ["gzip", "deflate"],
          description: "Compression of the reply, when Accept-Encoding asked for one.",
        },
      },
      content: {
        "application/json": { schema: refTo("InferReply") },
        "application/octet-stream": {
          schema: { type: "string", format: "binary", description: "InferReply, followed by the tensors." },
        },
      },
    },
    ...errors(BODY_PROBLEMS),
  },
};

const REGION_NAME = {
  type: "object",
  properties: {
    name: { type: "string", maxLength: 100, description: "Name of the region.", examples: ["logits"] },
  },
};

export const REGIONS_ROUTE = {
  operationId: "regions",
  tags: TAGS,
  summary: "List the registered regions of shared memory",
  response: {
    200: answer("The regions.", { type: "array", items: refTo("Region") }),
    ...errors([...DOOR_PROBLEMS, "not_found"]),
  },
};

export const REGION_ROUTE = {
  operationId: "region",
  tags: TAGS,
  summary: "Status of one region of shared memory",
  params: REGION_NAME,
  response: {
    200: answer("A list with this one region.", { type: "array", items: refTo("Region") }),
    ...errors([...DOOR_PROBLEMS, "not_found"]),
  },
};

export const REGISTER_ROUTE = {
  operationId: "registerRegion",
  tags: TAGS,
  summary: "Register a file of shared memory, in all workers",
  description:
    "Only where the service was started with SHARED_MEMORY=on. The file is opened for reading, without following links, and kept open; its size is checked now and at every use.",
  params: REGION_NAME,
  body: { content: { "application/json": { schema: refTo("RegionRequest") } } },
  response: {
    200: { description: "The region is registered.", headers: REPLY_HEADERS, type: "null" },
    ...errors([
      ...DOOR_PROBLEMS,
      "not_found",
      "malformed_json",
      "invalid_option",
      "option_conflict",
      "length_mismatch",
      "limit_exceeded",
    ]),
  },
};

const UNREGISTER_ROUTE = {
  operationId: "unregisterRegion",
  tags: TAGS,
  summary: "Unregister a region of shared memory, or all of them",
  response: {
    200: { description: "The region is unregistered.", headers: REPLY_HEADERS, type: "null" },
    ...errors([...DOOR_PROBLEMS, "not_found", "invalid_option"]),
  },
};

export const UNREGISTER_ONE_ROUTE = { ...UNREGISTER_ROUTE, params: REGION_NAME };
export const UNREGISTER_ALL_ROUTE = { ...UNREGISTER_ROUTE, operationId: "unregisterRegions" };

function flagged(name: string): JsonSchema {
  return { type: "object", required: [name], properties: { [name]: { type: "boolean" } } };
}
