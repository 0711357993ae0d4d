/** OpenAPI description of the replay. */
import { refTo } from "./components.ts";
import { SAMPLED_HEADERS } from "./headers.ts";
import { BODY_PROBLEMS, problems, REQUEST_HEADERS, reply } from "./routes.ts";

export const REPLAY_ROUTE = {
  operationId: "replay",
  tags: ["sampling"],
  summary: "Check whether claimed tokens are those that their steps draw",
  description:
    "A batch as /v1/sample/batch takes it, JSON or binary, each row with its `token_id`, `seed` and `step`. docs/audit.md explains margins.",
  headers: REQUEST_HEADERS,
  body: {
    content: {
      "application/json": { schema: refTo("ReplayRequest") },
      "application/octet-stream": {
        schema: { type: "string", format: "binary", contentMediaType: "application/octet-stream" },
      },
    },
  },
  response: { 200: reply("The results.", "ReplayReply", SAMPLED_HEADERS), ...problems(BODY_PROBLEMS) },
};
