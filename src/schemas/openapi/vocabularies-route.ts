/** OpenAPI description of /v1/vocabularies. */
import { problems, READ_PROBLEMS, reply } from "./routes.ts";

export const VOCABULARIES_ROUTE = {
  operationId: "vocabularies",
  tags: ["sampling"],
  summary: "List the vocabularies that steps may name",
  response: { 200: reply("The vocabularies.", "Vocabularies"), ...problems(READ_PROBLEMS) },
};
