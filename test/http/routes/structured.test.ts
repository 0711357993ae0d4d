/** Grammars and vocabularies over HTTP, in every form of a request. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildApp } from "../../../src/app.ts";
import { readConfig } from "../../../src/config/config.ts";
import { createSampler } from "../../../src/sampling/sampler.ts";
import { VOCABULARIES_REPLY } from "../../../src/schemas/vocabularies.ts";
import { demoVocabulary } from "../../../src/vocabulary/demo.ts";
import { textOf } from "../../../src/vocabulary/text.ts";
import { vocabulariesOf } from "../../../src/vocabulary/vocabularies.ts";

const V = 8192;
type Server = Awaited<ReturnType<typeof buildApp>>["server"];
let server: Server;

beforeAll(async () => {
  const config = readConfig({});
  const sampler = createSampler(config.limits, undefined, {
    vocabularies: vocabulariesOf([demoVocabulary()]),
  });
  ({ server } = await buildApp({ config, sampler }));
});
afterAll(() => server.close());

/** The id of A is 33; only its neighbours are likely. */
function logits(): number[] {
  return Array.from({ length: V }, (_, id) => (id === 33 ? 9 : id === 34 ? 8 : -(id % 7)));
}

const STRUCTURED = { vocabulary: "demo", grammar: { regex: "[B-D]{2}" }, temperature: 0, seed: 7 };

async function post(body: object, url = "/v1/sample") {
  const reply = await server.inject({ method: "POST", url, payload: body });
  return { status: reply.statusCode, body: reply.json() };
}

test("GET /v1/vocabularies lists them in the form that the document promises", async () => {
  const reply = await server.inject({ url: "/v1/vocabularies" });
  expect(reply.json()).toEqual(VOCABULARIES_REPLY.parse(reply.json()));
  expect(reply.json()).toEqual({
    default: null,
    vocabularies: [
      {
        name: "demo",
        size: V,
        hash: demoVocabulary().hash,
        special_tokens: [{ token_id: 0, text: "<|endoftext|>" }],
        end_ids: [0],
      },
    ],
  });
});

describe("a grammar", () => {
  const answer = { token_id: 34, text: "B", seed: "7" };

  test("in JSON, with texts", async () => {
    const { status, body } = await post({ logits: logits(), ...STRUCTURED, top_logprobs: 1 });
    expect(status).toBe(200);
    expect(body).toMatchObject({ ...answer, top_logprobs: [{ token_id: 33, text: "A" }] });
    expect(body).not.toHaveProperty("finish_reason");
  });

  test("in a query, in a header before bytes, and in sparse rows", async () => {
    const bytes = Buffer.from(Float32Array.from(logits()).buffer);
    const query = `dtype=f32&vocabulary=demo&temperature=0&seed=7&grammar=${encodeURIComponent('{"regex":"[B-D]{2}"}')}`;
    const type = { "content-type": "application/octet-stream" };
    const bare = await server.inject({
      method: "POST",
      url: `/v1/sample?${query}`,
      payload: bytes,
      headers: type,
    });
    expect(bare.json()).toMatchObject(answer);
    const header = Buffer.from(JSON.stringify(STRUCTURED));
    const headed = await server.inject({
      method: "POST",
      url: "/v1/sample",
      payload: Buffer.concat([header, bytes]),
      headers: { ...type, "inference-header-content-length": `${header.length}` },
    });
    expect(headed.json()).toMatchObject(answer);
    const sparse = { token_ids: [33, 34, 35], values: [9, 8, 7], vocab_size: V };
    expect((await post({ logits: sparse, ...STRUCTURED })).body).toMatchObject(answer);
  });

  test("in a batch, where one row may leave it and fails alone", async () => {
    const rows = [
      { logits: logits() },
      { logits: logits(), history: [33] },
      { logits: logits(), history: [34] },
    ];
    const { body } = await post({ rows, ...STRUCTURED }, "/v1/sample/batch");
    expect(body.results[0]).toMatchObject(answer);
    expect(body.results[1]).toMatchObject({ code: "grammar_left", pointer: "/rows/1/history/0" });
    expect(body.results[2]).toMatchObject({ ...answer, finish_reason: "grammar" });
  });

  test("in /v2, as a parameter of JSON text", async () => {
    const { status, body } = await post(
      {
        inputs: [{ name: "logits", datatype: "FP32", shape: [1, V], data: logits() }],
        parameters: { vocabulary: "demo", grammar: '{"regex":"[B-D]"}', temperature: 0, seed: 7 },
        outputs: [{ name: "token_id" }, { name: "text" }, { name: "finish_reason" }],
      },
      "/v2/models/sampler/infer",
    );
    expect(status).toBe(200);
    expect(body.outputs.map(({ data }: { data: unknown[] }) => data)).toEqual([[34], ["B"], ["grammar"]]);
  });

  test("first in the order of every preset, and where a chain puts it", async () => {
    for (const preset of ["default", "llama.cpp", "vllm", "transformers"])
      expect((await post({ logits: logits(), preset, ...STRUCTURED })).body).toMatchObject({ token_id: 34 });
    const { grammar, vocabulary } = STRUCTURED;
    const chain = [
      { stage: "top_k", top_k: 2 },
      { stage: "grammar", grammar },
    ];
    expect((await post({ logits: logits(), vocabulary, chain, seed: 1 })).body).toMatchObject({
      token_id: 34,
      kept: 1,
    });
  });

  test("leaves nothing to draw where the tokens that it wants are banned", async () => {
    const { status, body } = await post({ logits: logits(), ...STRUCTURED, allowed_token_ids: [33] });
    expect([status, body.code]).toEqual([422, "all_tokens_masked"]);
  });

  test("tells the tokens by which the vocabulary's tokenizer writes what must follow", async () => {
    const grammar = { regex: 'B"is_captain":(true|false)', forced: "canonical" };
    const { status, body } = await post({ logits: logits(), ...STRUCTURED, grammar });
    expect([status, body.text, body.forced_text]).toEqual([200, "B", '"is_captain":']);
    const texts = body.forced.map((id: number) => textOf(demoVocabulary(), id).text);
    expect(body.forced.length).toBeGreaterThan(2);
    expect('"is_captain":').toBe(texts.join(""));
  });

  test("cannot tell them where the tokenizer is not known", async () => {
    const { tokenizer: _, ...demo } = demoVocabulary();
    const config = readConfig({});
    const plain = { ...demo, tokenizer: "it came without a tokenizer" };
    const app = await buildApp({
      config,
      sampler: createSampler(config.limits, undefined, { vocabularies: vocabulariesOf([plain]) }),
    });
    const payload = { logits: logits(), ...STRUCTURED, grammar: { regex: "B+", forced: "canonical" } };
    const reply = await app.server.inject({ method: "POST", url: "/v1/sample", payload });
    await app.server.close();
    expect(reply.statusCode).toBe(422);
    expect(reply.json()).toMatchObject({
      code: "grammar_unsupported",
      pointer: "/grammar/forced",
      detail: 'forced: "canonical" needs the tokenizer of vocabulary "demo": it came without a tokenizer',
    });
  });

  test.each([
    [{ vocabulary: "demo", grammar: { regex: "a", forced: "all" } }, "invalid_option", "/grammar/forced"],
    [{ grammar: { regex: "a" } }, "option_conflict", "/grammar"],
    [{ vocabulary: "demos", grammar: { regex: "a" } }, "vocabulary_unknown", "/vocabulary"],
    [{ vocabulary: "demo", grammar: { regex: "(" } }, "grammar_invalid", "/grammar/regex"],
    [{ vocabulary: "demo", grammar: {} }, "invalid_option", "/grammar"],
    [
      { vocabulary: "demo", grammar: { json_schema: { uniqueItems: true } } },
      "grammar_unsupported",
      "/grammar/json_schema/uniqueItems",
    ],
    [
      { vocabulary: "demo", grammar: { regex: "a", whitespace: "some" } },
      "invalid_option",
      "/grammar/whitespace",
    ],
    [
      { vocabulary: "demo", grammar: { regex: "a", after: {} } },
      "invalid_option",
      "/grammar/after/token_ids",
    ],
    [
      {
        vocabulary: "demo",
        grammar: { regex: "\\p{Script=Han}\u{20000}", end_ids: [] },
        logits: new Array(100).fill(0),
      },
      "grammar_unspellable",
      "/grammar",
    ],
  ])("%j is refused", async (options, code, pointer) => {
    const { status, body } = await post({ logits: logits(), ...options });
    expect([status, body.code, body.pointer]).toEqual([422, code, pointer]);
  });
});

describe("texts in place of ids", () => {
  /** A and B are the most likely; the grammar leaves only B. */
  const TEXTS = { vocabulary: "demo", allowed_token_ids: ["A", "B"], logit_bias: { A: "-inf" } };
  const answer = { token_id: 34, text: "B" };
  const bytes = Buffer.from(Float32Array.from(logits()).buffer);
  const query = new URLSearchParams({
    ...{ dtype: "f32", vocabulary: "demo", temperature: "0" },
    ...{ allowed_token_ids: "A,B", logit_bias: '{"A":"-inf"}' },
  });

  test("in JSON, bytes, a batch and /v2", async () => {
    expect((await post({ logits: logits(), temperature: 0, ...TEXTS })).body).toMatchObject(answer);
    const bare = await server.inject({
      method: "POST",
      url: `/v1/sample?${query}`,
      payload: bytes,
      headers: { "content-type": "application/octet-stream" },
    });
    expect(bare.json()).toMatchObject(answer);
    const rows = [{ logits: logits() }, { logits: logits(), allowed_token_ids: ["AB"] }];
    const { results } = (await post({ rows, temperature: 0, ...TEXTS }, "/v1/sample/batch")).body;
    expect(results[0]).toMatchObject(answer);
    expect(results[1]).toMatchObject({ code: "invalid_option", pointer: "/rows/1/allowed_token_ids/0" });
    const infer = {
      inputs: [{ name: "logits", datatype: "FP32", shape: [1, V], data: logits() }],
      parameters: {
        ...{ vocabulary: "demo", temperature: 0 },
        ...{ allowed_token_ids: '["A","B"]', logit_bias: '{"A":"-inf"}' },
      },
      outputs: [{ name: "token_id" }],
    };
    const { outputs } = (await post(infer, "/v2/models/sampler/infer")).body;
    expect(outputs[0].data).toEqual([34]);
  });

  test("as bytes of an input of /v2, each row its own", async () => {
    const infer = {
      inputs: [
        { name: "logits", datatype: "FP32", shape: [2, V], data: [...logits(), ...logits()] },
        { name: "allowed_token_ids", datatype: "BYTES", shape: [2], data: ['["A"]', '["B"]'] },
        { name: "reasoning_start_ids", datatype: "INT64", shape: [1], data: [5] },
      ],
      parameters: { vocabulary: "demo" },
      outputs: [{ name: "token_id" }],
    };
    const { outputs } = (await post(infer, "/v2/models/sampler/infer")).body;
    expect(outputs[0].data).toEqual([33, 34]);
  });

  test("are refused without a vocabulary, and where they are no token", async () => {
    const { allowed_token_ids } = TEXTS;
    const none = await post({ logits: logits(), allowed_token_ids });
    expect(none).toMatchObject({ status: 422, body: { pointer: "/allowed_token_ids/0" } });
    expect(none.body.detail).toContain('the token "A" needs a vocabulary');
    const other = await post({ logits: logits(), ...TEXTS, allowed_token_ids: ["country"] });
    expect(other.body).toMatchObject({ code: "invalid_option", pointer: "/allowed_token_ids/0" });
    expect(other.body.detail).toContain('" country" is one');
  });
});

test("metrics tell of compiled grammars and what they take", async () => {
  await post({ logits: logits(), ...STRUCTURED });
  const text = (await server.inject({ url: "/metrics" })).body;
  expect(Number(/^logit_sampler_grammars (\d+)$/m.exec(text)?.[1])).toBeGreaterThan(0);
  expect(Number(/^logit_sampler_grammar_bytes (\d+)$/m.exec(text)?.[1])).toBeGreaterThan(1000);
});
