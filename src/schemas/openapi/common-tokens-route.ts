/** The OpenAPI description of /v1/vocabularies/common. */
import { refTo } from "./components.ts";
import { BODY_PROBLEMS, problems, REQUEST_HEADERS, reply } from "./routes.ts";

export const COMMON_ROUTE = {
  operationId: "commonTokens",
  tags: ["sampling"],
  summary: "List the tokens that two vocabularies have in common, or translate a draft from one to the other",
  description:
    "For drafters with another tokenizer: the tokens that a drafter may draw, each with its id in the target, or the ids of one draft, for which the target computes its rows. Tokens are the same when their bytes are the same; special tokens, when their names are.",
  headers: REQUEST_HEADERS,
  body: { content: { "application/json": { schema: refTo("CommonRequest") } } },
  response: { 200: reply("What they have in common.", "CommonReply"), ...problems(BODY_PROBLEMS) },
};
