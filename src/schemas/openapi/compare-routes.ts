/** OpenAPI descriptions of /v1/presets and /v1/compare. */
import { refTo } from "./components.ts";
import { SAMPLED_HEADERS } from "./headers.ts";
import { BODY_PROBLEMS, problems, READ_PROBLEMS, REQUEST_HEADERS, reply } from "./routes.ts";

export const PRESETS_ROUTE = {
  operationId: "presets",
  tags: ["sampling"],
  summary: "List the stage orders, defaults and rules of well-known hosts",
  response: { 200: reply("The presets.", "Presets"), ...problems(READ_PROBLEMS) },
};

export const COMPARE_ROUTE = {
  operationId: "compare",
  tags: ["sampling"],
  summary: "Run one step as several hosts would, and report where and why they differ",
  description: `The row comes as in /v1/sample; \`compare\` lists the arms: ways to run the step. The first arm is compared with each of the others. All arms share the history, the seed and the step, and so the randomness.

For each token: the probability with which each arm draws it, or the stage that removed it. For each pair: how far apart they are, and the stage whose presence, options or place makes the difference. It is found by replacing one stage at a time by that of the other arm.

With \`observed\`, such as an engine's own log-probabilities, the reply says which arm gives that. Where none does, the arms are searched: each known change of an order, of ties, of a bound, of a scope or of a rule is tried, alone and then in pairs, and the nearest are reported with their distance. The search takes at most 1,000 steps, and half of \`compare_work_max\`; arms may run at most 32 stages.

An arm that cannot be run has its problem in its place: for example, a preset whose host lacks a requested stage.

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
