/** OpenAPI description of watermark detection. */
import { refTo } from "./components.ts";
import { BODY_PROBLEMS, problems, REQUEST_HEADERS, reply } from "./routes.ts";

export const DETECT_ROUTE = {
  operationId: "detectWatermark",
  tags: ["analysis"],
  summary: "Detect a watermark in texts",
  description:
    "Takes token ids and returns a score with its p-value. It needs no logits and no model. The options of the scheme must be those of the marked steps. docs/watermarks.md explains each score.",
  headers: REQUEST_HEADERS,
  body: { content: { "application/json": { schema: refTo("DetectRequest") } } },
  response: { 200: reply("The results.", "DetectReply"), ...problems(BODY_PROBLEMS) },
};
