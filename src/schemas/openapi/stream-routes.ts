/**
 * OpenAPI descriptions of the streams. OpenAPI cannot express full duplex and WebSockets, so the prose does.
 */
import { refTo } from "./components.ts";
import { REPLY_HEADERS } from "./headers.ts";
import { BODY_PROBLEMS, problems } from "./routes.ts";

const MESSAGES = `The first message is the JSON object of the options, as for one step, with \`dtype\` and \`shape\` of the rows. Then:

| message | means |
| --- | --- |
| a row | a step: answered with one line, the reply that /v1/sample would give |
| \`{"type": "update", …options}\` | changes options from the next step on; \`null\` resets one |
| \`{"type": "accept", "token_ids": […]}\` | forced tokens: they are appended to the history, each as a step |
| \`{"type": "rewind", "steps": n}\` | undoes the last n tokens |
| \`{"type": "verify", "draft_token_ids": […], …}\` | a draft: the rows that follow are its rows, answered with one line, a VerifyReply |
| \`{"type": "beam", "beam": {…}}\` | a beam search: the rows that follow are those of its live beams, each step of them answered with one line, a BeamReply; \`null\` gives it up |
| \`{"logits": …, …options}\` | a row in JSON, with options for its step only |

The stream keeps \`history\`, \`step\` and \`state\`. A refused row is answered with its problem and does not change the stream. Any other problem ends the stream and is its last line. \`seed\`, \`history\` and the \`state\` of the last reply open the stream again at the same place: \`step\` then is the number of tokens behind \`prompt_length\`.`;

export const STREAM_ROUTE = {
  operationId: "stream",
  tags: ["sampling"],
  summary: "Sample a sequence over one full-duplex request, or a WebSocket",
  description: `${MESSAGES}

**Frames** (\`application/octet-stream\`, or no Content-Type): each message is a u32, little-endian, and that many bytes; bit 31 of the u32 is set for JSON text and clear for a row. The first frame is JSON text either way. **Lines** (\`application/x-ndjson\`): each message is a line of JSON.

The request stays open while answers come: Node's fetch (\`duplex: "half"\`), Python's http.client, aiohttp and curl can do that; requests, httpx and browsers send the whole body first and would hang. They use the WebSocket of the same path.

With \`Upgrade: logit-stream\` and no body the answer is 101, and the same messages travel on the bare connection, at half the cost.

**WebSocket**: \`GET\` of the same path, for browsers and for clients without full duplex; slower for large rows. A text message is JSON, a binary message is a row without any prefix, and each answer is a text message. After the last problem the server closes with 1008, or with 1001 when it is about to end. Without an upgrade the answer is \`426\` (\`upgrade_required\`) with \`Upgrade\`.`,
  body: {
    content: {
      "application/x-ndjson": { schema: { type: "string", description: "Lines of JSON." } },
      "application/octet-stream": { schema: { type: "string", format: "binary", description: "Frames." } },
    },
  },
  response: {
    101: {
      description: "The messages continue without HTTP framing.",
      headers: { ...REPLY_HEADERS, upgrade: { type: "string", description: "`logit-stream`." } },
      type: "null",
    },
    200: {
      description:
        "A line of JSON for each row, as soon as it is drawn: a StepReply, a Problem, or what answers the rows of a draft or a search.",
      headers: {
        ...REPLY_HEADERS,
        "cache-control": { type: "string", description: "`no-store`." },
      },
      content: {
        "application/x-ndjson": {
          schema: { anyOf: [refTo("StepReply"), refTo("VerifyReply"), refTo("BeamReply"), refTo("Problem")] },
        },
      },
    },
    ...problems([...BODY_PROBLEMS.filter((code) => code !== "body_too_large"), "forbidden", "shutting_down"]),
  },
};
