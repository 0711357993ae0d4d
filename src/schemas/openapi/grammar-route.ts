/** OpenAPI description of /v1/grammar. */
import { refTo } from "./components.ts";
import { BODY_PROBLEMS, problems, REQUEST_HEADERS, reply } from "./routes.ts";

export const GRAMMAR_ROUTE = {
  operationId: "inspectGrammar",
  tags: ["sampling"],
  summary: "Check a grammar before you sample with it",
  description:
    "Compiles a grammar and reports its size, the parts that the masks do not enforce, whether a text matches it, where the text first deviates, and which tokens may follow. A grammar that a step would refuse is refused with the same problem.",
  headers: REQUEST_HEADERS,
  body: { content: { "application/json": { schema: refTo("GrammarRequest") } } },
  response: { 200: reply("The grammar.", "GrammarReply"), ...problems(BODY_PROBLEMS) },
};
