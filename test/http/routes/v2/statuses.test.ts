/** The statuses of /v2 besides 200 and 400, always with `{"error": …}`. */
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Listening, listen } from "../../listening.ts";
import { errorOf, exchange, f32, inferRequest, request, type Tensor } from "./v2.ts";

let app: Listening;
beforeAll(async () => {
  app = await listen({ body_bytes_max: 20_000 });
});
afterAll(() => app.close());

const INFER = "POST /v2/models/sampler/infer";
const LOGITS: Tensor = { name: "logits", shape: [1, 4], datatype: "FP32", bytes: f32(1, 2, 3, 4) };
const withParameters = (parameters: Record<string, unknown>) => inferRequest([LOGITS], { parameters });

async function refused(bytes: Buffer): Promise<[number, string]> {
  const reply = await exchange(app.url, bytes);
  return [reply.status, errorOf(reply)];
}

test("413: a body that inflates beyond the limit, however small it comes", async () => {
  const json = JSON.stringify({
    inputs: [{ ...LOGITS, bytes: undefined, shape: [8, 4096], parameters: { binary_data_size: 131_072 } }],
  });
  const bomb = gzipSync(Buffer.concat([Buffer.from(json), Buffer.alloc(131_072)]));
  expect(bomb.length).toBeLessThan(1000);
  const headers = { "Content-Encoding": "gzip", "Inference-Header-Content-Length": json.length };
  expect(await refused(request(INFER, bomb, headers))).toEqual([
    413,
    "a body may inflate to at most 20000 bytes (body_bytes_max), got more",
  ]);
});

test("413: a plain body beyond the limit", async () => {
  expect(await refused(request(INFER, Buffer.alloc(20_001)))).toEqual([
    413,
    "a body may have at most 20000 bytes (body_bytes_max), got 20001",
  ]);
});

test("415: an encoding that is not taken", async () => {
  const bytes = request(INFER, "{}", { "Content-Encoding": "br" });
  expect(await refused(bytes)).toEqual([415, "bodies are taken plain, as gzip or as deflate, got br"]);
});

test.each(["gzip", "deflate"])("400: a body that is not %s, or ends inside it", async (encoding) => {
  const headers = { "Content-Encoding": encoding };
  expect(await refused(request(INFER, "{}", headers))).toEqual([
    400,
    expect.stringContaining(`the body is not ${encoding}`),
  ]);
  const cut = gzipSync(Buffer.from("{}")).subarray(0, 15);
  const reply = await refused(request(INFER, cut, headers));
  expect(reply).toEqual([400, expect.stringContaining(`the body is not ${encoding}`)]);
});

test("408: an inference that takes longer than its timeout", async () => {
  expect(await refused(withParameters({ timeout: 1 }))).toEqual([
    408,
    "the timeout of the request, 1 µs, has passed",
  ]);
});

test("404: other models, other versions, and what this service does not do", async () => {
  for (const line of ["GET /v2/models/llama", "POST /v2/models/llama/infer"])
    expect(await refused(request(line, undefined))).toEqual([
      404,
      "there is no model llama: the one here is sampler",
    ]);
  for (const line of ["GET /v2/models/sampler/versions/2/ready", "GET /v2/health/fine"])
    expect(await refused(request(line, undefined))).toEqual([
      404,
      expect.stringContaining("there is nothing at"),
    ]);
  const sentences = {
    "GET /v2/cudasharedmemory/status": "CUDA shared memory is not supported",
    "POST /v2/cudasharedmemory/region/a/register": "CUDA shared memory is not supported",
    "POST /v2/repository/models/sampler/load": "models are not loaded or unloaded",
    "GET /v2/trace/setting": "trace settings are not supported",
    "POST /v2/models/sampler/trace/setting": "trace settings are not supported",
    "POST /v2/logging": "log settings are not supported",
    "POST /v2/models/sampler/generate": "texts are not generated",
  };
  for (const [line, sentence] of Object.entries(sentences))
    expect(await refused(request(line, undefined))).toEqual([404, expect.stringContaining(sentence)]);
});

test("405: a known path with another method", async () => {
  expect(await refused(request("GET /v2/models/sampler/infer", undefined))).toEqual([
    405,
    "/v2/models/sampler/infer takes POST, got GET",
  ]);
  expect(await refused(request("GET /v2/systemsharedmemory/region/a/register", undefined))).toEqual([
    405,
    "/v2/systemsharedmemory/region/a/register takes POST, got GET",
  ]);
});

test("a refusal leaves the connection and the rows as they were", async () => {
  await refused(withParameters({ top_p: 2 }));
  expect(app.service.admission.rows_out).toBe(0);
  expect((await exchange(app.url, inferRequest([LOGITS]))).status).toBe(200);
});
