/** POST /v2/…/infer: requests byte for byte as Triton's clients write them, and the same draws as on /v1. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Sampled } from "../../../../src/sampling/report/report.ts";
import { type Listening, listen } from "../../listening.ts";
import { bf16, exchange, f32, f64, i32, i64, inferRequest, outputsOf, request, texts } from "./v2.ts";

let app: Listening;
beforeAll(async () => {
  app = await listen();
});
afterAll(() => app.close());

const ROW = [1, 2.5, Math.fround(-0.3), Math.fround(2.4)];
const OPTIONS = { temperature: 0.8, top_k: 3, seed: 7, step: 3 };
const logits = (...values: number[]) => ({
  name: "logits",
  shape: [1, values.length],
  datatype: "FP32",
  bytes: f32(...values),
});

async function send(bytes: Buffer) {
  const reply = await exchange(app.url, bytes);
  expect([reply.status, reply.status === 200 ? "" : reply.body.toString()]).toEqual([200, ""]);
  return reply;
}

/** The reply of /v1/sample to one row. */
async function plain(row: readonly number[], options: object): Promise<Sampled & { text: string }> {
  const body = JSON.stringify({ logits: row, ...options }).replaceAll("null", "-Infinity");
  const headers = { "content-type": "application/json" };
  const reply = await fetch(`${app.url}/v1/sample`, { method: "POST", headers, body });
  const text = await reply.text();
  return { ...(JSON.parse(text) as Sampled), text };
}

describe("tritonclient's bytes", () => {
  test("a binary tensor, with all outputs as bytes by default", async () => {
    const json =
      '{"id":"42","inputs":[{"name":"logits","shape":[1,4],"datatype":"FP32","parameters":{"binary_data_size":16}}],"parameters":{"binary_data_output":true,"temperature":0.8,"seed":7,"step":3}}';
    const head = `POST /v2/models/sampler/infer HTTP/1.1\r\nUser-Agent: python/gevent-http-client-2.3.3\r\nInference-Header-Content-Length: ${json.length}\r\nHost: 127.0.0.1:40887\r\nContent-Length: ${json.length + 16}\r\n\r\n`;
    const reply = await send(Buffer.concat([Buffer.from(head + json), f32(...ROW)]));
    expect(reply.headers["content-type"]).toBe("application/octet-stream");
    const header_bytes = Number(reply.headers["inference-header-content-length"]);
    expect(JSON.parse(reply.body.toString("utf8", 0, header_bytes))).toMatchObject({
      id: "42",
      model_name: "sampler",
      model_version: "1",
      parameters: { system_fingerprint: expect.stringMatching(/^ls\d+-/) },
      outputs: [
        { name: "token_id", datatype: "INT64", shape: [1], parameters: { binary_data_size: 8 } },
        { name: "kept", datatype: "INT64", shape: [1], parameters: { binary_data_size: 8 } },
        { name: "seed", datatype: "BYTES", shape: [1], parameters: { binary_data_size: 5 } },
        { name: "step", datatype: "INT64", shape: [1], parameters: { binary_data_size: 8 } },
      ],
    });
    const { token_id } = await plain(ROW, { temperature: 0.8, seed: 7, step: 3 });
    expect(outputsOf(reply)).toMatchObject({
      token_id: { values: [token_id] },
      kept: { values: [4] },
      seed: { values: ["7"] },
      step: { values: [3] },
    });
  });

  test("a tensor in JSON, one output as bytes and one in JSON", async () => {
    const json =
      '{"inputs":[{"name":"logits","shape":[1,4],"datatype":"FP32","data":[1.0,2.5,-0.30000001192092896,2.4000000953674316]}],"outputs":[{"name":"token_id","parameters":{"binary_data":true}},{"name":"logprob","parameters":{"binary_data":false}}],"parameters":{"seed":7}}';
    const reply = await send(request("POST /v2/models/sampler/versions/1/infer", json));
    const { token_id, logprob } = await plain(ROW, { seed: 7, logprobs: true });
    expect(outputsOf(reply)).toEqual({
      token_id: { datatype: "INT64", shape: [1], values: [token_id] },
      logprob: { datatype: "FP32", shape: [1], values: [Math.fround(logprob as number)] },
    });
    expect(reply.body.toString()).not.toContain('"id":');
  });

  test("−Infinity in JSON, as Python writes it, masks a token", async () => {
    const json =
      '{"inputs":[{"name":"logits","shape":[4],"datatype":"FP32","data":[-Infinity,-Infinity,1,-Infinity]}]}';
    expect(outputsOf(await send(request("POST /v2/models/sampler/infer", json)))["token_id"]?.values).toEqual(
      [2],
    );
  });

  test("an answer without bytes is JSON alone", async () => {
    const bytes = inferRequest([logits(...ROW)], {
      parameters: { temperature: 0 },
      outputs: { token_id: false },
    });
    const reply = await send(bytes);
    expect(reply.headers["content-type"]).toBe("application/json");
    expect(reply.headers["inference-header-content-length"]).toBeUndefined();
    expect(JSON.parse(reply.body.toString())).toMatchObject({ outputs: [{ name: "token_id", data: [1] }] });
  });

  test.each(["gzip", "deflate"] as const)("%s in both directions", async (kind) => {
    const options = { parameters: OPTIONS, outputs: { reply: true } };
    const plainly = outputsOf(await send(inferRequest([logits(...ROW)], options)));
    const compressed = { ...options, compression: kind, accept: kind };
    const reply = await send(inferRequest([logits(...ROW)], compressed));
    expect(reply.headers["content-encoding"]).toBe(kind);
    expect(outputsOf(reply)).toEqual(plainly);
  });

  test("the encodings that aiohttp names on its own are answered with gzip", async () => {
    const bytes = inferRequest([logits(...ROW)], { parameters: OPTIONS, accept: "gzip, deflate, br" });
    const reply = await send(bytes);
    expect(reply.headers["content-encoding"]).toBe("gzip");
    expect(outputsOf(reply)["seed"]?.values).toEqual(["7"]);
  });

  test("a client that would rather have nothing compressed gets it plain", async () => {
    const bytes = inferRequest([logits(...ROW)], { accept: "gzip;q=0, identity" });
    expect((await send(bytes)).headers["content-encoding"]).toBeUndefined();
  });
});

describe("draws", () => {
  test("are those of /v1, and the output `reply` is its text, in every dtype", async () => {
    const row = [1, 2.5, -0.25, 2];
    const { text } = await plain(row, { ...OPTIONS, logprobs: true });
    const f16 = Buffer.from(Uint16Array.of(0x3c00, 0x4100, 0xb400, 0x4000).buffer);
    for (const [datatype, bytes] of [
      ["FP32", f32(...row)],
      ["FP16", f16],
      ["BF16", bf16(...row)],
    ] as const)
      for (const shape of [[4], [1, 4]]) {
        const input = { name: "logits", shape, datatype, bytes };
        const options = { parameters: { ...OPTIONS, logprobs: true }, outputs: { reply: true } };
        expect(outputsOf(await send(inferRequest([input], options)))).toEqual({
          reply: { datatype: "BYTES", shape: [1], values: [text] },
        });
      }
  });

  test("of many rows are those of each row alone", async () => {
    const rows = [ROW, [0, 0, 3, 0], [5, 4, 3, 2]];
    const inputs = [
      { name: "seed", shape: [3], datatype: "INT64", bytes: i64(1n, 2n, -3n) },
      { name: "temperature", shape: [3, 1], datatype: "FP64", bytes: f64(0.8, 1, 0) },
      { name: "logits", shape: [3, 4], datatype: "FP32", bytes: f32(...rows.flat()) },
    ];
    const { reply } = outputsOf(await send(inferRequest(inputs, { outputs: { reply: true } })));
    const alone = await Promise.all([
      plain(ROW, { seed: "1", temperature: 0.8 }),
      plain([0, 0, 3, 0], { seed: "2", temperature: 1 }),
      plain([5, 4, 3, 2], { seed: "-3", temperature: 0 }),
    ]);
    expect(reply).toEqual({ datatype: "BYTES", shape: [3], values: alone.map(({ text }) => text) });
    // When the options come after the rows, the rows must be stored until then.
    const behind = outputsOf(await send(inferRequest(inputs.toReversed(), { outputs: { reply: true } })));
    expect(behind["reply"]).toEqual(reply);
  });

  test("several of one row are a column each", async () => {
    const parameters = { ...OPTIONS, n: 3, logprobs: true };
    const outputs = outputsOf(await send(inferRequest([logits(...ROW)], { parameters })));
    const { draws } = await plain(ROW, parameters);
    expect(outputs["token_id"]).toEqual({
      datatype: "INT64",
      shape: [1, 3],
      values: draws?.map(({ token_id }) => token_id),
    });
    expect(outputs["rank"]?.values).toEqual(draws?.map(({ rank }) => rank));
    expect(outputs["kept"]).toEqual({ datatype: "INT64", shape: [1], values: [3] });
  });

  test("list the most likely tokens, padded where a row has fewer", async () => {
    const rows = [...ROW, 1, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
    const input = { name: "logits", shape: [2, 4], datatype: "FP32", bytes: f32(...rows) };
    const parameters = {
      temperature: 0,
      top_logprobs: 4,
      kept_token_ids: true,
      top_p: 0.9,
      logprob_token_ids: "[1]",
    };
    const outputs = outputsOf(await send(inferRequest([input], { parameters })));
    const [first, second] = await Promise.all([
      plain(ROW, { ...parameters, logprob_token_ids: [1] }),
      plain(rows.slice(4), { ...parameters, logprob_token_ids: [1] }),
    ]);
    const ids = [first, second].map(
      ({ top_logprobs }) => top_logprobs?.map(({ token_id }) => token_id) ?? [],
    );
    expect(outputs["top_logprob_token_ids"]?.shape).toEqual([2, 4]);
    expect(outputs["top_logprob_token_ids"]?.values.slice(0, 4)).toEqual(ids[0]);
    expect(outputs["top_logprob_token_ids"]?.values.slice(4, 4 + (ids[1]?.length ?? 0))).toEqual(ids[1]);
    const kept = [first, second].map(({ kept_token_ids }) => kept_token_ids ?? []);
    const longest = Math.max(...kept.map(({ length }) => length));
    const padded = kept.map((list) => [...list, ...Array.from({ length: longest - list.length }, () => -1)]);
    expect(outputs["kept_token_ids"]).toEqual({
      datatype: "INT64",
      shape: [2, longest],
      values: padded.flat(),
    });
    expect(outputs["named_logprobs"]?.values[1]).toBe(Number.NEGATIVE_INFINITY);
  });

  test("carry state from step to step as BYTES", async () => {
    const parameters = { mirostat: 2, seed: 5 };
    const outputs = outputsOf(await send(inferRequest([logits(...ROW)], { parameters })));
    const { state } = await plain(ROW, parameters);
    expect(outputs["state"]?.values).toEqual([JSON.stringify(state)]);
    const again = [
      { name: "state", shape: [1], datatype: "BYTES", bytes: texts(JSON.stringify(state)) },
      logits(...ROW),
    ];
    const next = await plain(ROW, { ...parameters, state, step: 1 });
    const options = { parameters: { ...parameters, step: 1 }, outputs: { reply: false } };
    expect(outputsOf(await send(inferRequest(again, options)))["reply"]?.values).toEqual([next.text]);
  });
});

describe("options", () => {
  const both = async (inputs: Parameters<typeof inferRequest>[0], parameters: object, options: object) => {
    const bytes = inferRequest([...inputs, logits(...ROW)], {
      parameters: { temperature: 1, seed: 9, ...parameters },
      outputs: { reply: true },
    });
    const { reply } = outputsOf(await send(bytes));
    expect(reply?.values).toEqual([(await plain(ROW, { temperature: 1, seed: 9, ...options })).text]);
  };

  test("that are lists or objects are parameters of JSON text, or JSON as it is", async () => {
    await both([], { logit_bias: '{"0": 5.5, "1": "-inf"}' }, { logit_bias: { 0: 5.5, 1: "-inf" } });
    await both([], { logit_bias: { 0: 5.5 } }, { logit_bias: { 0: 5.5 } });
    await both(
      [],
      { chain: '[{"stage":"top_k","top_k":1}]', temperature: undefined },
      {
        chain: [{ stage: "top_k", top_k: 1 }],
        temperature: undefined,
      },
    );
    await both(
      [],
      { preset: "vllm", history: "[1, 1]", repetition_penalty: 2 },
      {
        preset: "vllm",
        history: [1, 1],
        repetition_penalty: 2,
      },
    );
  });

  test("that are lists are tensors, too, without their padding", async () => {
    const history = { name: "history", shape: [1, 4], datatype: "INT32", bytes: i32(1, 3, 1, -1) };
    await both([history], { frequency_penalty: 1 }, { history: [1, 3, 1], frequency_penalty: 1 });
    const stop = { name: "allowed_token_ids", shape: [2], datatype: "INT64", data: [0, 3] };
    await both([stop], {}, { allowed_token_ids: [0, 3] });
  });

  test("logit_bias is two tensors: ids and values", async () => {
    const ids = { name: "logit_bias_ids", shape: [3], datatype: "INT32", bytes: i32(0, 2, -1) };
    const values = { name: "logit_bias_values", shape: [3], datatype: "FP32", bytes: f32(4.5, -Infinity, 0) };
    await both([ids, values], {}, { logit_bias: { 0: 4.5, 2: "-inf" } });
  });

  test("token_bitmask is a tensor of 32-bit words", async () => {
    const mask = { name: "token_bitmask", shape: [1, 1], datatype: "INT32", bytes: i32(0b1001) };
    await both([mask], {}, { token_bitmask: i32(0b1001).toString("base64") });
  });

  test("of 64 bits, of text and of truth arrive whole", async () => {
    const seed = { name: "seed", shape: [1], datatype: "UINT64", bytes: i64(-1n) };
    await both([seed], { seed: undefined }, { seed: "18446744073709551615" });
    const text = { name: "seed", shape: [1, 1], datatype: "BYTES", data: ["18446744073709551615"] };
    await both([text], { seed: undefined }, { seed: "18446744073709551615" });
    const logprobs = { name: "logprobs", shape: [1], datatype: "BOOL", bytes: Buffer.of(1) };
    await both([logprobs], {}, { logprobs: true });
  });
});

test("large tensors are taken in whatever pieces they come", async () => {
  const row = Array.from({ length: 4096 }, (_, index) => Math.fround(Math.sin(index) * 5));
  const bytes = inferRequest(
    [
      { name: "seed", shape: [2], datatype: "INT64", data: [3, 4] },
      { name: "logits", shape: [2, 4096], datatype: "FP32", bytes: f32(...row, ...row) },
    ],
    { parameters: { temperature: 0.7 }, outputs: { reply: true } },
  );
  const whole = outputsOf(await send(bytes));
  const headers = "Transfer-Encoding: chunked\r\nHost: x\r\n";
  const split = bytes.indexOf("\r\n\r\n") + 4;
  const length = /Inference-Header-Content-Length: \d+/.exec(bytes.toString("latin1", 0, split))?.[0];
  const body = bytes.subarray(split);
  const chunks: Buffer[] = [];
  for (let at = 0; at < body.length; at += 1001) {
    const part = body.subarray(at, at + 1001);
    chunks.push(Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from("\r\n"));
  }
  const head = Buffer.from(`POST /v2/models/sampler/infer HTTP/1.1\r\n${length}\r\n${headers}\r\n`);
  expect(outputsOf(await send(Buffer.concat([head, ...chunks, Buffer.from("0\r\n\r\n")])))).toEqual(whole);
  const texts_of = await Promise.all([3, 4].map((seed) => plain(row, { seed, temperature: 0.7 })));
  expect(whole["reply"]?.values).toEqual(texts_of.map(({ text }) => text));
});
