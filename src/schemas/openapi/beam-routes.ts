/** OpenAPI descriptions of /v1/beam and /v1/resample. */
import { BEAM_RULES } from "../../sampling/beam/index.ts";
import { refTo } from "./components.ts";
import { SAMPLED_HEADERS } from "./headers.ts";
import { BODY_PROBLEMS, problems, REQUEST_HEADERS, reply } from "./routes.ts";

const RULES = BEAM_RULES.map(({ name, summary }) => `- \`${name}\`: ${summary}`).join("\n");

export const BEAM_ROUTE = {
  operationId: "beam",
  tags: ["sampling"],
  summary: "Take one step of a beam search",
  description: `${RULES}

The chain runs on each row; then scores are summed along the beams. The client keeps the state of the search: send back the \`search\` of the last reply, with a row for each of \`beams\`, in their order. docs/beams.md has a whole search.

**Binary**: a batch, as /v1/sample/batch takes it: JSON such as \`{"dtype": "f16", "shape": [4, 128256], "beam": {…}, "search": {…}, "rows": [{"history": […]}, …]}\` in front of the rows.`,
  headers: REQUEST_HEADERS,
  body: {
    content: {
      "application/json": { schema: refTo("BeamRequest") },
      "application/octet-stream": {
        schema: { type: "string", format: "binary", contentMediaType: "application/octet-stream" },
      },
    },
  },
  response: {
    200: reply("The beams that continue, and the sequences that ended.", "BeamReply", SAMPLED_HEADERS),
    ...problems(BODY_PROBLEMS),
  },
};

export const RESAMPLE_ROUTE = {
  operationId: "resample",
  tags: ["sampling"],
  summary: "Choose which of N weighted sequences continue",
  description:
    "Systematic resampling, keyed by (seed, step), for particles whose weights have become uneven, such as those of sequential Monte Carlo with `grammar_logmass` as weight. The request has no logits.",
  headers: REQUEST_HEADERS,
  body: { content: { "application/json": { schema: refTo("ResampleRequest") } } },
  response: { 200: reply("The parents.", "ResampleReply"), ...problems(BODY_PROBLEMS) },
};
