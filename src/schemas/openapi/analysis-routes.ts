/** OpenAPI descriptions of the analysis endpoints. */
import { ANALYSIS_HEADERS } from "../analysis-requests.ts";
import { LOGIT_OPTIONS } from "../logit.ts";
import { refTo } from "./components.ts";
import { REPLY_HEADERS, TENSOR_HEADERS } from "./headers.ts";
import { BODY_PROBLEMS, DOOR_PROBLEMS, problems, queryOf, REQUEST_HEADERS } from "./routes.ts";

const TENSOR = { type: "string", format: "binary", contentMediaType: "application/octet-stream" };

const ROWS_TEXT = `**Rows**: \`logits\` for one row, \`rows\` for many; or a binary tensor of shape [classes] or [rows, classes], little-endian, with \`Inference-Header-Content-Length\` and the other fields as JSON in front, or with them in the query string (\`?shape=64,1000&dtype=f16&targets=…\`). A row of one logit x is the binary case: x is the log-odds of class 1. A row with NaN, +Infinity or nothing finite is a problem, and fails the request.`;

interface Endpoint {
  readonly operationId: string;
  readonly summary: string;
  readonly description: string;
  /** whether it fits something to the rows, which may fail */
  readonly fits?: boolean;
  /** names its components: `Score` for ScoreRequest and ScoreReply */
  readonly component: "Probabilities" | "Score" | "Diagnose" | "Calibrate" | "Baseline";
}

function route({ operationId, summary, description, component, fits = false }: Endpoint) {
  return {
    operationId,
    tags: ["analysis"],
    summary,
    description: `${description}\n\n${ROWS_TEXT}`,
    headers: REQUEST_HEADERS,
    querystring: queryOf(ANALYSIS_HEADERS[component]),
    body: {
      content: {
        "application/json": { schema: refTo(`${component}Request`) },
        "application/octet-stream": {
          schema: { ...TENSOR, description: "The rows, alone or after their options in JSON." },
        },
      },
    },
    response: {
      200: {
        description: "The answer.",
        headers: REPLY_HEADERS,
        content: { "application/json": { schema: refTo(`${component}Reply`) } },
      },
      ...problems(fits ? [...BODY_PROBLEMS, "cannot_calibrate"] : BODY_PROBLEMS),
    },
  };
}

const PROBABILITIES = route({
  operationId: "probabilities",
  summary: "Turn logits into probabilities and decisions",
  description: `Stable softmax for logits up to ±1e30, log-odds that keep their digits where probabilities are rounded to 1, entropy, and with \`threshold\` a decision: the likeliest class that reaches its threshold is predicted, otherwise none.

With \`Accept: application/octet-stream\` the probabilities come as a tensor: \`Inference-Header-Content-Length\` bytes of JSON, then float32 values, row after row.`,
  component: "Probabilities",
});

const OK = PROBABILITIES.response[200];

export const PROBABILITIES_ROUTE = {
  ...PROBABILITIES,
  response: {
    ...PROBABILITIES.response,
    200: {
      ...OK,
      headers: { ...OK.headers, ...TENSOR_HEADERS },
      content: { ...OK.content, "application/octet-stream": { schema: TENSOR } },
    },
  },
};

export const LOGIT_ROUTE = {
  operationId: "logit",
  tags: ["analysis"],
  summary: "Turn a probability into log-odds, or back",
  description:
    "x = ln(p / (1 − p)) and its inverse, p = 1 / (1 + e⁻ˣ). Exactly one of the three is given: `?probability=0.95` gives 2.944, the logit at which a threshold of 95 % lies.",
  querystring: queryOf(LOGIT_OPTIONS),
  response: {
    200: {
      description: "The number in its three forms.",
      headers: REPLY_HEADERS,
      content: { "application/json": { schema: refTo("LogitReply") } },
    },
    ...problems([...DOOR_PROBLEMS, "malformed_query", "invalid_option", "unknown_option", "option_conflict"]),
  },
};

export const SCORE_ROUTE = route({
  operationId: "score",
  summary: "Score rows against their true classes",
  description:
    "Log-probability, rank and cross-entropy of each row, their mean in nats and bits, and the perplexity; computed directly from the logits, without rounding to a probability first.",
  component: "Score",
});

export const DIAGNOSE_ROUTE = route({
  operationId: "diagnose",
  summary: "Diagnose how certain the model is",
  description:
    "Margin, entropy, varentropy, energy, variance and a verdict. With `target`, whether the model was confidently wrong. With a `baseline`, robust z-scores and `suspicious`: a heuristic that flags rows with weaker evidence than clean rows have; it does not say why.",
  component: "Diagnose",
});

export const CALIBRATE_ROUTE = route({
  operationId: "calibrate",
  summary: "Find the temperature that makes probabilities honest",
  description:
    "Temperature scaling: the one temperature with the smallest cross-entropy on the set, with accuracy, NLL, Brier score, ECE and reliability bins before and after, and bootstrap intervals. The `calibration` of the reply goes into /v1/probabilities, /v1/score, /v1/diagnose and /v1/sample.",
  component: "Calibrate",
  fits: true,
});

export const BASELINE_ROUTE = route({
  operationId: "baseline",
  summary: "Learn what clean rows look like",
  description:
    "Computes medians and robust deviations of clean rows, and the threshold that flags the chosen share of them.",
  component: "Baseline",
  fits: true,
});
