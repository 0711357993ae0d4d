import { Buffer } from "node:buffer";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { post, postTensor, type Server, startApp } from "./analysis-app.ts";

let server: Server;
beforeAll(async () => {
  server = await startApp({ LOGIT_SAMPLER_ANALYSIS_ROWS_MAX: "3", LOGIT_SAMPLER_ANALYSIS_VALUES_MAX: "8" });
});
afterAll(() => server.close());

const row = { logits: [1, 2], target: 0 };

test.each([
  ["NaN in a single row", "/v1/probabilities", '{"logits": [1, NaN]}', "nan_logit", "/logits/1"],
  [
    "NaN in row 1 of many",
    "/v1/score",
    '{"rows": [{"logits": [1, 2], "target": 0}, {"logits": [NaN]}]}',
    "nan_logit",
    "/rows/1/logits/0",
  ],
  [
    "null, which JavaScript writes for NaN",
    "/v1/diagnose",
    { logits: [1, null] },
    "invalid_logits",
    "/logits/1",
  ],
  [
    "every class masked",
    "/v1/diagnose",
    '{"logits": [-Infinity, -Infinity]}',
    "all_tokens_masked",
    "/logits",
  ],
  ["no logits at all", "/v1/score", { target: 0 }, "invalid_logits", "/logits"],
  ["an empty row", "/v1/probabilities", { logits: [] }, "invalid_logits", "/logits"],
  ["an empty list of rows", "/v1/score", { rows: [] }, "invalid_option", "/rows"],
  ["one row and many at once", "/v1/score", { logits: [1], rows: [row] }, "option_conflict", "/logits"],
  ["a row that is no object", "/v1/score", { rows: [7] }, "invalid_option", "/rows/0"],
  [
    "an unknown field of a row",
    "/v1/score",
    { rows: [{ ...row, weight: 1 }] },
    "unknown_option",
    "/rows/0/weight",
  ],
  ["an unknown option", "/v1/score", { ...row, temprature: 2 }, "unknown_option", "/temprature"],
  [
    "a sparse row",
    "/v1/score",
    { logits: { token_ids: [1], values: [2] }, target: 0 },
    "invalid_logits",
    "/logits",
  ],
  [
    "a class that nothing needs and that is none",
    "/v1/baseline",
    { rows: [row, { ...row, target: "cat" }] },
    "invalid_option",
    "/rows/1/target",
  ],
  [
    "a class beside probabilities that is not there",
    "/v1/probabilities",
    { ...row, target: 2.5 },
    "token_id_out_of_range",
    "/target",
  ],
  [
    "a class that is not there",
    "/v1/score",
    { logits: [1, 2], target: 2 },
    "token_id_out_of_range",
    "/target",
  ],
  [
    "a class in a list of targets",
    "/v1/score",
    { rows: [{ logits: [1, 2] }], targets: [2] },
    "token_id_out_of_range",
    "/targets/0",
  ],
  ["a class given by name", "/v1/score", { logits: [1, 2], target: "cat" }, "invalid_option", "/target"],
  ["no class to score", "/v1/score", { logits: [1, 2] }, "invalid_option", "/target"],
  ["targets for a single row", "/v1/score", { logits: [1, 2], targets: [0] }, "option_conflict", "/targets"],
  [
    "too few targets",
    "/v1/score",
    { rows: [row, row].map(({ logits }) => ({ logits })), targets: [0] },
    "length_mismatch",
    "/targets",
  ],
  ["targets twice", "/v1/score", { rows: [row], targets: [0] }, "option_conflict", "/rows/0/target"],
  [
    "rows of different lengths",
    "/v1/calibrate",
    { rows: [row, { logits: [1], target: 0 }, { logits: [1, 2, 3], target: 0 }] },
    "length_mismatch",
    "/rows/2/logits",
  ],
  [
    "temperature 0",
    "/v1/probabilities",
    { logits: [1, 2], temperature: 0 },
    "invalid_option",
    "/temperature",
  ],
  [
    "a threshold above 1",
    "/v1/probabilities",
    { logits: [1, 2], threshold: 1.5 },
    "invalid_option",
    "/threshold",
  ],
  [
    "thresholds by label without labels",
    "/v1/probabilities",
    { logits: [1, 2], threshold: { a: 0.5 } },
    "option_conflict",
    "/labels",
  ],
  [
    "a threshold for an unknown label",
    "/v1/probabilities",
    { logits: [1, 2], labels: ["a", "b"], threshold: { c: 0.5 } },
    "unknown_option",
    "/threshold/c",
  ],
  [
    "fewer thresholds than classes",
    "/v1/probabilities",
    { logits: [1, 2], threshold: [0.5] },
    "length_mismatch",
    "/threshold",
  ],
  [
    "fewer labels than classes",
    "/v1/diagnose",
    { logits: [1, 2], labels: ["a"] },
    "length_mismatch",
    "/labels",
  ],
  ["labels that repeat", "/v1/diagnose", { logits: [1, 2], labels: ["a", "a"] }, "invalid_option", "/labels"],
  [
    "a calibration that is none",
    "/v1/probabilities",
    { logits: [1, 2], calibration: { temperature: 2 } },
    "invalid_option",
    "/calibration/method",
  ],
  [
    "vocab_size past the row",
    "/v1/probabilities",
    { logits: [1, 2], vocab_size: 3 },
    "length_mismatch",
    "/vocab_size",
  ],
  [
    "too few clean rows",
    "/v1/baseline",
    { rows: [row].map(({ logits }) => ({ logits })) },
    "cannot_calibrate",
    "/logits",
  ],
  ["more rows than the limit", "/v1/score", { rows: [row, row, row, row] }, "limit_exceeded", "/rows"],
  [
    "more probabilities than a JSON reply may list",
    "/v1/probabilities",
    { logits: [1, 2, 3, 4, 5, 6, 7, 8, 9] },
    "limit_exceeded",
    "",
  ],
])("%s: 422, a code and a pointer", async (_, url, body, code, pointer) => {
  const reply = await post(server, url, body);
  expect(reply).toMatchObject({ status: 422, body: { code, pointer } });
});

describe("tensors", () => {
  const values = Float32Array.of(1, 2, 3, 4);

  test.each([
    ["a byte count that is not the shape's", { shape: [2, 3], targets: [0, 0] }, "length_mismatch", "/shape"],
    ["three dimensions", { shape: [1, 2, 2] }, "invalid_option", "/shape"],
    ["more rows than the limit", { shape: [4, 1] }, "limit_exceeded", "/shape/0"],
    ["rows longer than the limit", { shape: [1, 9001] }, "limit_exceeded", "/shape/1"],
    ["too few targets", { shape: [2, 2], targets: [0] }, "length_mismatch", "/targets"],
    ["a class that is not there", { shape: [2, 2], targets: [0, 2] }, "token_id_out_of_range", "/targets/1"],
    ["targets that are no list", { shape: [2, 2], targets: 7 }, "invalid_option", "/targets"],
  ])("%s", async (_, header, code, pointer) => {
    const reply = await postTensor(server, "/v1/score", header, values);
    expect(reply.statusCode).toBe(422);
    expect(reply.json()).toMatchObject({ code, pointer });
  });

  test("NaN in row 1 names its row and index", async () => {
    const header = { shape: [2, 2], targets: [0, 0] };
    const reply = await postTensor(server, "/v1/score", header, Float32Array.of(1, 2, 3, Number.NaN));
    expect(reply.json()).toMatchObject({ code: "nan_logit", pointer: "/rows/1/logits/1" });
  });

  test("options may stand in the query string", async () => {
    const url = "/v1/score?dtype=f32&shape=2,2&targets=1,0&temperature=2";
    const reply = await server.inject({ method: "POST", url, payload: Buffer.from(values.buffer) });
    expect(reply.statusCode).toBe(200);
    expect(reply.json().results.map(({ rank }: { rank: number }) => rank)).toEqual([1, 2]);
  });

  test("half an element at the end of a single row", async () => {
    const reply = await server.inject({
      method: "POST",
      url: "/v1/diagnose?dtype=f32",
      payload: Buffer.alloc(6),
    });
    expect(reply.json()).toMatchObject({ code: "length_mismatch" });
  });
});

test("a body that is no JSON is 400, a wrong method 405", async () => {
  expect((await post(server, "/v1/score", '{"logits": [1')).status).toBe(400);
  expect((await server.inject({ method: "GET", url: "/v1/score" })).statusCode).toBe(405);
});
