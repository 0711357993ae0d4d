/** What the OpenAPI document says of /v1/grammar. */
import { refTo } from "./components.ts";
import { BODY_PROBLEMS, problems, REQUEST_HEADERS, reply } from "./routes.ts";

export const GRAMMAR_ROUTE = {
  operationId: "inspectGrammar",
  tags: ["sampling"],
  summary: "Look at a grammar before tokens are drawn by it",
  description:
    "Compiles a grammar, tells its size and what the masks do not hold to, whether a text fits it, where the text leaves it, and which tokens may follow. A grammar that is refused is refused as by a step.",
  headers: REQUEST_HEADERS,
  body: { content: { "application/json": { schema: refTo("GrammarRequest") } } },
  response: { 200: reply("The grammar.", "GrammarReply"), ...problems(BODY_PROBLEMS) },
};
