/** Compares the OpenAPI document's descriptions of the analysis endpoints with their replies. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { z } from "zod";
import { ANALYSIS_REPLIES } from "../../src/schemas/analysis-replies.ts";
import { REQUEST_EXAMPLES } from "../../src/schemas/openapi/examples.ts";
import { post, postTensor, type Server, startApp } from "../http/routes/analysis-app.ts";

let server: Server;
beforeAll(async () => {
  server = await startApp();
});
afterAll(() => server.close());

const ENDPOINTS = ["Probabilities", "Score", "Diagnose", "Calibrate"] as const;
const urlOf = (name: string) => `/v1/${name.toLowerCase()}`;

/** The reply as strict as its schema: an unknown field fails. */
function expectReply(name: keyof typeof ANALYSIS_REPLIES, body: unknown): void {
  const schema: z.ZodType = ANALYSIS_REPLIES[name];
  const { error } = schema.safeParse(body);
  expect(error?.issues ?? []).toEqual([]);
}

describe.each(ENDPOINTS)("%s", (name) => {
  const examples = Object.values(REQUEST_EXAMPLES[name.toLowerCase()] ?? {});

  test("the request of the documentation is answered as documented", async () => {
    expect(examples.length).toBeGreaterThan(0);
    for (const { value } of examples) {
      const { status, body } = await post(server, urlOf(name), value as object); // bodies of JSON
      expect(status).toBe(200);
      expectReply(`${name}Reply`, body);
    }
  });
});

const clean = Array.from({ length: 120 }, (_, i) => ({
  logits: [3 + Math.sin(i) * 2, Math.cos(i * 1.3), 0],
}));

describe("replies in every form are as documented", () => {
  test("a single logit, masked classes, decisions that abstain", async () => {
    const bodies = [
      { logits: [2.5], labels: ["yes"], threshold: 0.99 },
      '{"logits": [1, -Infinity], "threshold": 1}',
      { rows: [{ logits: [1, 2] }, { logits: [3] }], temperature: 3 },
      { logits: [1, 2], labels: ["a", "b"], threshold: { a: 0.9 } },
    ];
    for (const body of bodies)
      expectReply("ProbabilitiesReply", (await post(server, "/v1/probabilities", body)).body);
  });

  test("losses that are infinite", async () => {
    const row = '{"logits": [1, -Infinity], "target": 1}';
    for (const body of [row, `{"rows": [${row}]}`])
      expectReply("ScoreReply", (await post(server, "/v1/score", body)).body);
  });

  test("a baseline, and diagnoses with everything that can be asked for", async () => {
    const made = await post(server, "/v1/baseline", { rows: clean, false_positive_rate: 0.05 });
    expectReply("BaselineReply", made.body);
    const { baseline } = made.body;
    const rows = [
      { logits: [1, 0.9, 0], target: 0 },
      { logits: [7, 0, 0], target: 1 },
    ];
    const body = { rows, labels: ["a", "b", "c"], baseline };
    expectReply("DiagnoseReply", (await post(server, "/v1/diagnose", body)).body);
    expectReply("DiagnoseReply", (await post(server, "/v1/diagnose", '{"logits": [1, -Infinity]}')).body);
  });

  test("a calibration with intervals and bins of equal mass", async () => {
    const rows = clean.map(({ logits }, i) => ({ logits, target: i % 7 === 0 ? 1 : 0 }));
    const { status, body } = await post(server, "/v1/calibrate", { rows, binning: "equal_mass", bins: 5 });
    expect(status).toBe(200);
    expectReply("CalibrateReply", body);
  });

  test("the JSON in front of a tensor", async () => {
    const reply = await postTensor(
      server,
      "/v1/probabilities",
      { shape: [1, 2] },
      Float32Array.of(1, 2),
      "application/octet-stream",
    );
    const head = reply.rawPayload.subarray(0, Number(reply.headers["inference-header-content-length"]));
    expectReply("ProbabilitiesReply", JSON.parse(head.toString()));
  });
});
