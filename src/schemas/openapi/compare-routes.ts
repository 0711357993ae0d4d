/** What the OpenAPI document says of /v1/presets and /v1/compare. */
import { refTo } from "./components.ts";
import { SAMPLED_HEADERS } from "./headers.ts";
import { BODY_PROBLEMS, problems, READ_PROBLEMS, REQUEST_HEADERS, reply } from "./routes.ts";

export const PRESETS_ROUTE = {
  operationId: "presets",
  tags: ["sampling"],
  summary: "List the stage orders, defaults and rules of the hosts people know",
  response: { 200: reply("The presets.", "Presets"), ...problems(READ_PROBLEMS) },
};

export const COMPARE_ROUTE = {
  operationId: "compare",
  tags: ["sampling"],
  summary: "Take one step as several hosts would, and tell where and why they differ",
  description: `The row comes as in /v1/sample; \`compare\` lists the ways to take it, the first of which is held against the others. They share the history, the seed and the step, and so the randomness.

For each token: the probability with which each of them draws it, or the stage that removed it. For each pair: how far apart they are, and the stage that makes the difference by its presence, its options or its place, found by making one stage after the other what it is in the other arm.

A way that cannot be, such as a preset whose host lacks a stage that is asked for, has its problem in its place.

**Binary**: as for one step, with the JSON of CompareRequest but \`logits\` in front, and \`dtype\`.`,
  headers: REQUEST_HEADERS,
  body: {
    content: {
      "application/json": { schema: refTo("CompareRequest") },
      "application/octet-stream": {
        schema: { type: "string", format: "binary", contentMediaType: "application/octet-stream" },
      },
    },
  },
  response: { 200: reply("The comparison.", "CompareReply", SAMPLED_HEADERS), ...problems(BODY_PROBLEMS) },
};
