/** What the OpenAPI document says of the search for watermarks. */
import { refTo } from "./components.ts";
import { BODY_PROBLEMS, problems, REQUEST_HEADERS, reply } from "./routes.ts";

export const DETECT_ROUTE = {
  operationId: "detectWatermark",
  tags: ["analysis"],
  summary: "Look for a watermark in texts",
  description:
    "Token ids in, a score and its p-value out; no logits and no model. The options of the scheme must be those of the marked steps. docs/watermarks.md says what each score is.",
  headers: REQUEST_HEADERS,
  body: { content: { "application/json": { schema: refTo("DetectRequest") } } },
  response: { 200: reply("The results.", "DetectReply"), ...problems(BODY_PROBLEMS) },
};
