/**
 * Typical mistakes in a first hour with the service: each gets the right status and code, and a helpful message. The
 * list is in the order in which a newcomer makes the mistakes.
 */
import { Buffer } from "node:buffer";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { JSON_TYPE, startSending } from "../sending.ts";

let sent: Awaited<ReturnType<typeof startSending>>;
beforeAll(async () => {
  sent = await startSending();
});
afterAll(() => sent.close());

const CURL_TYPE = { "content-type": "application/x-www-form-urlencoded" };
const logits = [1, 3, 2, 0];
const F32 = Buffer.from(Float32Array.from(logits).buffer);
/** Eight float16 values, each 1. */
const F16 = Buffer.from(Uint16Array.from({ length: 8 }, () => 0x3c00).buffer);

/** A step with one option, or several, more. */
const STEPS: readonly (readonly [options: object, code: string, words: string])[] = [
  [{ temperature: "0.8" }, "invalid_option", 'temperature must be a number in [0, 1000], got "0.8"'],
  [{ temperature: -1 }, "invalid_option", "temperature must lie in [0, 1000], got -1"],
  [{ temperature: null }, "invalid_option", "temperature must be a number in [0, 1000], got null"],
  [{ temprature: 1 }, "unknown_option", 'did you mean "temperature"?'],
  [{ temp: 0.8 }, "unknown_option", "it is called temperature here"],
  [{ top_p: true }, "invalid_option", "top_p must be a number in [0, 1], got true"],
  [{ top_p: 95 }, "invalid_option", "top_p must lie in [0, 1], got 95"],
  [{ topP: 0.9 }, "unknown_option", 'did you mean "top_p"?'],
  [{ top_k: -1 }, "invalid_option", "top_k must be a whole number of at least 0 (0 is off), got -1"],
  [{ preset: "transformers", top_k: -1 }, "invalid_option", "(0 is off)"],
  [{ top_k: 40.5 }, "invalid_option", "top_k must be a whole number of at least 0, got 40.5"],
  [{ top_k: "40" }, "invalid_option", 'top_k must be a whole number of at least 0, got "40"'],
  [{ min_p: 5 }, "invalid_option", "min_p must lie in [0, 1], got 5"],
  [{ repetition_penalty: 0 }, "invalid_option", "(1 is off), got 0"],
  [{ repeat_penalty: 1.1 }, "unknown_option", "it is called repetition_penalty here"],
  [{ repeat_last_n: 64 }, "unknown_option", "it is called penalty_last_n here"],
  [{ typical: 0.9 }, "unknown_option", "it is called typical_p here"],
  [{ max_tokens: 100 }, "unknown_option", "one request draws one token"],
  [{ max_new_tokens: 100 }, "unknown_option", "one request draws one token"],
  [{ n_predict: 100 }, "unknown_option", "one request draws one token"],
  [{ stop: ["\n"] }, "invalid_option", "stop must be an object"],
  [{ stop_strings: ["\n"] }, "unknown_option", "they go into stop"],
  [{ eos_token_id: 2 }, "unknown_option", "it is called stop_token_ids here"],
  [{ do_sample: true }, "unknown_option", "temperature 0 is greedy"],
  [{ num_beams: 4 }, "unknown_option", "n draws several tokens from one row"],
  [{ model: "llama" }, "unknown_option", "this service takes logits, not text"],
  [{ messages: [] }, "unknown_option", "this service takes logits, not text"],
  [{ prompt: "hello" }, "unknown_option", "this service takes logits, not text"],
  [{ input_ids: [1] }, "unknown_option", "the token ids so far are called history"],
  [{ samplers: ["top_k"] }, "unknown_option", "the order of the samplers is that of preset, or of chain"],
  [{ stream: true }, "unknown_option", "POST /v1/stream"],
  [{ response_format: {} }, "unknown_option", "token_bitmask"],
  [{ json_schema: {} }, "unknown_option", 'it goes into grammar: {"grammar": {"json_schema": {…}}}'],
  [{ grammar: "root ::= x" }, "invalid_option", "grammar must be"],
  [
    { logprobs: 5 },
    "invalid_option",
    "must be true or false, got 5: how many are reported, top_logprobs says",
  ],
  [{ n_probs: 5 }, "unknown_option", "it is called top_logprobs here"],
  [{ top_logprobs: true }, "invalid_option", "top_logprobs must be a whole number of at least 0, got true"],
  [{ top_logprobs: 100_000 }, "limit_exceeded", "at most 1024 tokens (top_logprobs_max), got 100000"],
  [{ seed: 1.5 }, "invalid_option", "seed must be an integer of 64 bits"],
  [{ seed: "abc" }, "invalid_option", "as a number or a decimal string"],
  [{ logit_bias: { hello: 5 } }, "option_conflict", 'the token "hello" needs a vocabulary'],
  [
    { logit_bias: { "-1": 5 } },
    "invalid_option",
    "must have token ids (0, 1, 2, …) or texts of tokens as keys",
  ],
  [{ logit_bias: [[1, 5]] }, "invalid_option", "must be an object of token id → bias"],
  [{ logit_bias: { "9": 1 } }, "token_id_out_of_range", "token ids must be below 4, got 9"],
  [{ bad_words_ids: [1, 2] }, "invalid_option", "must be an array of token ids"],
  [{ history: "hello" }, "invalid_option", "history must be an array of token ids"],
  [{ history: [1, 2], prompt_length: 3 }, "invalid_option", "at most the length of history, 2, got 3"],
  [{ chain: ["top_k"] }, "invalid_option", 'must be an object like {"stage": "top_k", "top_k": 40}'],
  [{ chain: [{ stage: "topk", top_k: 4 }] }, "unknown_stage", '"topk"; did you mean "top_k"? Known: '],
  [{ chain: [{ stage: "penalties" }] }, "unknown_stage", '"penalties"; known: '],
  [{ chain: [{ stage: "top_k", k: 4 }] }, "unknown_option", 'there is no option "k" here'],
  [{ chain: [], top_k: 4 }, "option_conflict", "chain lists every stage that runs: put top_k into it"],
  [{ preset: "llama-cpp" }, "unknown_preset", 'did you mean "llama.cpp"? Known: '],
  [{ preset: "gpt" }, "unknown_preset", '"gpt"; known: '],
  [{ preset: "default", typical_p: 0.5, top_h: 2 }, "invalid_option", "top_h must lie in (0, 1], got 2"],
  [
    { state: { mirostat: { mu: 5 } } },
    "option_conflict",
    "no stage of this chain and no stop carries a state",
  ],
  [
    JSON.parse('{"state": {"__proto__": 1}}') as object,
    "invalid_option",
    'may have any name but "__proto__"',
  ],
];

describe("a step with", () => {
  test.each(STEPS)("%j", async (options, code, words) => {
    const { status, body } = await sent.to(
      "POST",
      "/v1/sample",
      JSON.stringify({ logits, ...options }),
      JSON_TYPE,
    );
    expect([status, body["code"]]).toEqual([422, code]);
    expect(body["detail"]).toContain(words);
  });
});

const ROWS: readonly (readonly [name: string, body: string, status: number, words: string])[] = [
  [
    "null, as JavaScript writes -Infinity",
    '{"logits":[1,null]}',
    422,
    'write "-Infinity" where a token is masked',
  ],
  ["NaN", '{"logits":[1,NaN]}', 422, "logits must be numbers, got NaN at index 1"],
  ["Infinity", '{"logits":[1,Infinity]}', 422, "logits must be finite or -Infinity"],
  ["a number as text", '{"logits":["1"]}', 422, 'logits must be numbers or -Infinity, got the string "1"'],
  ["a batch of one", '{"logits":[[1,2]]}', 422, "got an array at index 0"],
  ["no logits", '{"temperature":1}', 422, "a step needs logits, got none"],
  ["no JSON", "{'logits':[1]}", 400, "the body is not JSON"],
  ["half of it", '{"logits":[1', 400, "ends inside an array"],
];

test.each(ROWS)("a row with %s", async (_name, text, status, words) => {
  const { status: got, body } = await sent.to("POST", "/v1/sample", text, JSON_TYPE);
  expect(got).toBe(status);
  expect(body["detail"]).toContain(words);
});

test("a masked logit may be a string, as JavaScript can write it", async () => {
  const masked = [1, Number.NEGATIVE_INFINITY, 2];
  const text = JSON.stringify(
    { logits: masked, temperature: 0, kept_token_ids: true, top_k: 0 },
    (_, value) => (value === Number.NEGATIVE_INFINITY ? "-Infinity" : value),
  );
  const same = '{"logits":[1,-Infinity,2],"temperature":0,"kept_token_ids":true,"top_k":0,"seed":"1"}';
  const { body } = await sent.to("POST", "/v1/sample", text.replace("}", ',"seed":"1"}'), JSON_TYPE);
  expect(body).toEqual((await sent.to("POST", "/v1/sample", same, JSON_TYPE)).body);
  expect(body["token_id"]).toBe(2);
});

describe("bytes", () => {
  const tensor = { "content-type": "application/octet-stream" };

  test.each([
    [
      "halves without a dtype",
      "/v1/sample?top_k=3",
      F16,
      tensor,
      422,
      "?dtype=f32, f16, bf16 or i8, got none",
    ],
    ["floats without a dtype", "/v1/sample", F32, {}, 422, "needs its dtype in the query string"],
    ["a batch without one", "/v1/sample/batch?shape=1,4", F32, tensor, 422, "needs its dtype"],
    ["rows to be read without one", "/v1/score?target=1", F32, tensor, 422, "needs its dtype"],
    [
      "curl without a type, JSON",
      "/v1/sample",
      '{"logits":[1]}',
      CURL_TYPE,
      415,
      "-H 'content-type: application/json'",
    ],
    ["no type at all, JSON", "/v1/sample", '{"logits":[1]}', {}, 415, "-H 'content-type: application/json'"],
    [
      "text",
      "/v1/sample",
      "hello",
      { "content-type": "text/plain" },
      415,
      "application/octet-stream or application/json",
    ],
    [
      "another length than its shape",
      "/v1/sample?dtype=f16&shape=4",
      F16,
      tensor,
      422,
      "needs 4 elements, got 8",
    ],
  ])("%s", async (_name, url, payload, headers, status, words) => {
    const { status: got, body } = await sent.to("POST", url, payload, headers);
    expect(got).toBe(status);
    expect(body["detail"]).toContain(words);
  });

  test("halves that say so are read as halves", async () => {
    const { status, body } = await sent.to("POST", "/v1/sample?dtype=f16&temperature=1", F16, tensor);
    expect([status, body["kept"]]).toEqual([200, 8]);
  });
});

describe("a path", () => {
  test.each([
    ["POST", "/v1/samples", 404, 'did you mean "/v1/sample" or "/v1/samplers"?'],
    ["GET", "/v1/sample", 405, "/v1/sample takes POST, got GET"],
  ] as const)("%s %s", async (method, url, status, words) => {
    const { status: got, body } = await sent.to(method, url, "{}", JSON_TYPE);
    expect(got).toBe(status);
    expect(body["detail"]).toContain(words);
  });
});

describe("what other tools call it", () => {
  test.each([
    [{ presets: ["vllm"] }, "POST /v1/compare takes several as compare"],
    [{ chain: [{ stage: "top_k", k: 5 }] }, 'did you mean "top_k"?'],
    [{ chain: [{ stage: "min_p", p: 0.1 }] }, 'did you mean "min_p"?'],
    [{ logits: { cat: 1, dog: 2 } }, 'got numbers by name; a few tokens go as {"token_ids"'],
    [{ logits: { dtype: "float32", data: "" } }, 'it is called "f32" here'],
    [{ logits: { dtype: "BFloat16", data: "" } }, 'it is called "bf16" here'],
    [{ use_beam_search: true }, "texts of one model are compared by the host"],
  ])("%j", async (options, words) => {
    const asked = JSON.stringify({ logits, seed: 1, ...options });
    const { status, body } = await sent.to("POST", "/v1/sample", asked, JSON_TYPE);
    expect(status).toBe(422);
    expect(body["detail"]).toContain(words);
  });

  test("a .npy file sent as a tensor is refused, not read as logits that are shifted", async () => {
    const header = Buffer.from(
      "\x93NUMPY\x01\x00v\x00{'descr': '<f4', 'fortran_order': False, 'shape': (8,), }",
      "latin1",
    );
    const file = Buffer.concat([header.subarray(0, 64), Buffer.alloc(64), Buffer.alloc(32)]);
    const { status, body } = await sent.to("POST", "/v1/sample?dtype=f32", file, {
      "content-type": "application/octet-stream",
    });
    expect([status, body["code"]]).toEqual([422, "invalid_logits"]);
    expect(body["detail"]).toContain("got a .npy file: send array.tobytes()");
  });
});

describe("a path of OpenAI's API", () => {
  test.each([
    ["POST", "/v1/chat/completions"],
    ["POST", "/v1/completions"],
    ["POST", "/v1/embeddings"],
    ["GET", "/v1/models"],
    ["GET", "/v1/models/gpt-4o"],
    ["GET", "/v1/models?limit=1"],
  ] as const)("%s %s is answered where its clients look", async (method, url) => {
    const { status, body, headers } = await sent.to(method, url, method === "GET" ? "" : "{}", JSON_TYPE);
    expect(status).toBe(404);
    expect(headers["content-type"]).toBe("application/json; charset=utf-8");
    expect(body).toEqual({
      error: {
        message: expect.stringContaining(
          "it takes logits, not text, and answers with a token: POST /v1/sample",
        ),
        type: "invalid_request_error",
        param: null,
        code: "not_found",
      },
    });
  });
});

describe("a penalty without a history", () => {
  const asked = (more: object) =>
    sent.to(
      "POST",
      "/v1/sample",
      JSON.stringify({ logits, repetition_penalty: 1.2, seed: 1, ...more }),
      JSON_TYPE,
    );

  test("is told of", async () => {
    const { status, body } = await asked({});
    expect([status, body["warnings"]]).toEqual([
      200,
      [expect.stringContaining("repetition_penalty did nothing: it looks at history")],
    ]);
  });

  test("is meant when the history is empty, or there", async () => {
    for (const history of [[], [1]]) expect((await asked({ history })).body).not.toHaveProperty("warnings");
  });
});
