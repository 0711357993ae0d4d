import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PRESETS } from "../../../src/sampling/presets/index.ts";
import { COMPARE_REPLY, PRESETS_REPLY } from "../../../src/schemas/compare.ts";
import { post, postTensor, type Server, startApp } from "./analysis-app.ts";

let server: Server;
beforeAll(async () => {
  server = await startApp();
});
afterAll(() => server.close());

describe("GET /v1/presets", () => {
  test("lists every preset as it is, in the form that the document promises", async () => {
    const reply = await server.inject({ url: "/v1/presets" });
    expect(reply.statusCode).toBe(200);
    expect(reply.json()).toEqual(PRESETS_REPLY.parse(reply.json()));
    expect(reply.json()).toEqual({ default: "default", presets: JSON.parse(JSON.stringify(PRESETS)) });
  });
});

describe("POST /v1/compare", () => {
  const QUESTION = {
    compare: ["default", "llama.cpp", "vllm"],
    temperature: 2,
    top_p: 0.75,
    seed: 7,
    step: 1,
  };

  test("answers in the form that the document promises", async () => {
    const { status, body } = await post(server, "/v1/compare", { logits: [3, 2.5, 2, 1], ...QUESTION });
    expect(status).toBe(200);
    expect(body).toEqual(COMPARE_REPLY.parse(body));
    expect(body.differences.map(({ between }: { between: number[] }) => between)).toEqual([
      [0, 1],
      [0, 2],
    ]);
  });

  test("JSON, base64, sparse and binary rows give the same answer", async () => {
    const values = Float32Array.of(3, 2.5, 2, 1);
    const dense = await post(server, "/v1/compare", { logits: [...values], ...QUESTION });
    const data = Buffer.from(values.buffer).toString("base64");
    const packed = await post(server, "/v1/compare", { logits: { dtype: "f32", data }, ...QUESTION });
    const binary = await postTensor(server, "/v1/compare", { dtype: "f32", ...QUESTION }, values);
    const sparse = { token_ids: [3, 2, 1, 0], values: [1, 2, 2.5, 3], vocab_size: 4 };
    expect(packed.body).toEqual(dense.body);
    expect(binary.json()).toEqual(dense.body);
    const { body } = await post(server, "/v1/compare", { logits: sparse, ...QUESTION });
    expect(body.tokens.map(({ token_id }: { token_id: number }) => token_id)).toEqual([0, 1, 2, 3]);
  });

  test("tells which arm gives what another sampler was seen to do", async () => {
    const logits = [3, 2.5, 2, 1];
    const chain = [{ stage: "temperature", temperature: 2 }];
    const told = await post(server, "/v1/compare", {
      logits,
      compare: [{ name: "warm", chain }, { chain: [] }],
      observed: { token_ids: [0, 1, 2, 3], logprobs: [-1.0128, -1.2628, -1.5128, -2.0128] },
    });
    expect(told.status).toBe(200);
    expect(told.body).toEqual(COMPARE_REPLY.parse(told.body));
    expect(told.body.observed).toMatchObject({
      nearest: 0,
      says: "This is what warm gives.",
      is_complete: true,
    });
    const refused = await post(server, "/v1/compare", { logits, ...QUESTION, observed: { kept: [4] } });
    expect(refused.status).toBe(422);
    expect(refused.body).toMatchObject({ pointer: "/observed/kept/0" });
  });

  test("lets others have their turns while long chains are compared", async () => {
    const url = await server.listen({ host: "127.0.0.1", port: 0 });
    const chain = (seed: number) =>
      Array.from({ length: 64 }, (_, i) => ({ stage: "typical_p", typical_p: 0.9 + (i + seed) / 1000 }));
    const compare = Array.from({ length: 3 }, (_, seed) => ({ chain: chain(seed) }));
    const logits = Array.from({ length: 2000 }, (_, id) => Math.sin(id));
    let over = false;
    const long = post(server, "/v1/compare", { logits, compare, seed: 1 }).finally(() => {
      over = true;
    });
    let answered = 0;
    while (!over) {
      expect((await fetch(`${url}/healthz`)).status).toBe(200);
      answered += 1;
    }
    expect((await long).status).toBe(200);
    expect(answered).toBeGreaterThan(5);
  });

  test.each([
    [{ logits: [1, 2] }, 422, "invalid_option", "/compare"],
    [{ logits: [1, 2], compare: ["default", "nobody"], seed: 1 }, 200, undefined, undefined],
    [{ logits: [1, null], compare: ["default", "vllm"] }, 422, "invalid_logits", "/logits/1"],
    [{ compare: ["default", "vllm"] }, 422, "invalid_logits", "/logits"],
    [{ logits: [1, 2], compare: ["nobody", "none"] }, 422, "unknown_preset", "/compare/0/preset"],
    ["{", 400, "malformed_json", undefined],
  ])("%j is answered with %i", async (request, expected, code, pointer) => {
    const { status, body } = await post(server, "/v1/compare", request);
    expect(status).toBe(expected);
    if (code !== undefined) expect(body.code).toBe(code);
    if (pointer !== undefined) expect(body.pointer).toBe(pointer);
  });
});
