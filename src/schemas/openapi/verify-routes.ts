/** OpenAPI descriptions of /v1/verify and /v1/verify/batch. */
import { VERIFY_METHODS } from "../../sampling/verify/index.ts";
import { refTo } from "./components.ts";
import { SAMPLED_HEADERS } from "./headers.ts";
import { BODY_PROBLEMS, problems, REQUEST_HEADERS, reply } from "./routes.ts";

const METHODS = VERIFY_METHODS.map(({ name, summary }) => `- \`${name}\`: ${summary}`).join("\n");

const TENSOR = {
  schema: { type: "string", format: "binary", contentMediaType: "application/octet-stream" },
};

export const VERIFY_ROUTE = {
  operationId: "verify",
  tags: ["sampling"],
  summary: "Accept drafted tokens as far as the target agrees, and draw the next token",
  description: `${METHODS}

History, penalties, masks and states advance along the draft; every position is a step with its own randomness, (seed, step + i).

**Binary**: JSON such as \`{"dtype": "bf16", "shape": [5, 128256], "draft_token_ids": [11, 7, 9, 9], "temperature": 0.8}\` in front of the rows, as for one step, or \`?shape=5,128256&dtype=bf16&draft_token_ids=11,7,9,9&…\`. With \`"draft_sparse": {"rows": 4, "count": 160, "dtype": "f16"}\` the drafter's rows stand between the header and the tensor as a sparse matrix: 5 offsets (int64), 160 token ids (int32), 160 values.`,
  headers: REQUEST_HEADERS,
  body: {
    content: { "application/json": { schema: refTo("VerifyRequest") }, "application/octet-stream": TENSOR },
  },
  response: {
    200: reply("The accepted tokens, and the next one.", "VerifyReply", SAMPLED_HEADERS),
    ...problems(BODY_PROBLEMS),
  },
};

export const VERIFY_BATCH_ROUTE = {
  operationId: "verifyBatch",
  tags: ["sampling"],
  summary: "Verify the drafts of many sequences",
  description:
    "Drafts may differ in length. Replies come in the order of the sequences. An invalid sequence fails alone, with its problem in its place.",
  headers: REQUEST_HEADERS,
  body: {
    content: {
      "application/json": { schema: refTo("VerifyBatchRequest") },
      "application/octet-stream": TENSOR,
    },
  },
  response: {
    200: reply("Replies and problems.", "VerifyBatchReply", SAMPLED_HEADERS),
    ...problems(BODY_PROBLEMS),
  },
};
