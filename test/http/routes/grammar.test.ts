/** POST /v1/grammar: the reports on grammars, texts and following tokens, and the refusals. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildApp } from "../../../src/app.ts";
import { connect } from "../../../src/client/index.ts";
import { readConfig } from "../../../src/config/config.ts";
import { createSampler } from "../../../src/sampling/sampler.ts";
import { GRAMMAR_REPLY } from "../../../src/schemas/grammar.ts";
import { demoVocabulary } from "../../../src/vocabulary/demo.ts";
import { vocabulariesOf } from "../../../src/vocabulary/vocabularies.ts";

type Server = Awaited<ReturnType<typeof buildApp>>["server"];
let server: Server;
let url: string;

beforeAll(async () => {
  const config = readConfig({
    LOGIT_SAMPLER_GRAMMAR_LENGTH_MAX: "2000",
    LOGIT_SAMPLER_GRAMMAR_WORK_MAX: "2000000",
  });
  const sampler = createSampler(config.limits, undefined, {
    vocabularies: vocabulariesOf([demoVocabulary()]),
  });
  ({ server } = await buildApp({ config, sampler }));
  url = await server.listen({ host: "127.0.0.1", port: 0 });
});
afterAll(() => server.close());

async function ask(payload: object) {
  const reply = await server.inject({ method: "POST", url: "/v1/grammar", payload });
  return { status: reply.statusCode, body: reply.json() };
}

const SCHEMA = {
  type: "object",
  properties: { b: { type: "integer" }, "1": { type: "string", format: "phone" } },
  required: ["b"],
  additionalProperties: false,
};

describe("what is told", () => {
  test("of a schema, of a text that goes on, and of what may follow", async () => {
    const { status, body } = await ask({
      grammar: { json_schema: SCHEMA, whitespace: "compact" },
      vocabulary: "demo",
      text: '{"b":1',
      tokens_max: 3,
    });
    expect(status).toBe(200);
    expect(GRAMMAR_REPLY.parse(body)).toEqual(body);
    expect(body).toMatchObject({
      kind: "json_schema",
      notes: [{ kind: "ignored", keyword: "format", pointer: "/json_schema/properties/1/format", count: 1 }],
      text: { is_complete: false, is_begun: true, left_at: null },
      next: { vocabulary: "demo", fits: true },
    });
    expect(body.next.token_ids).toHaveLength(3);
    expect(body.next.texts).toEqual(["0", "1", "2"]);
    expect(body.bytes).toBeGreaterThan(1000);
    expect(body.work).toBeGreaterThan(100);
  });

  test.each([
    ["12", { is_complete: true, is_begun: true, left_at: null }],
    ["-", { is_complete: false, is_begun: true, left_at: null }],
    ["12x", { is_complete: false, is_begun: false, left_at: 2 }],
    ["é", { is_complete: false, is_begun: false, left_at: 0 }],
    ["", { is_complete: false, is_begun: true, left_at: null }],
  ])("where %j stands", async (text, told) => {
    const { body } = await ask({ grammar: { json_schema: { type: "integer" } }, text });
    expect(body.text).toEqual(told);
    expect(body.next).toBeNull();
  });

  test("properties have the order of the text, numbers too", async () => {
    const payload = `{"grammar":{"json_schema":{"type":"object","properties":{"b":{},"1":{}}}},"text":"{\\"b\\":1,\\"1\\":1}"}`;
    const headers = { "content-type": "application/json" };
    const reply = await server.inject({ method: "POST", url: "/v1/grammar", payload, headers });
    expect(reply.json().text.is_complete).toBe(true);
  });

  test("that a vocabulary has no token for what must follow", async () => {
    const { body } = await ask({ grammar: { regex: "\\u{1F600}" }, vocabulary: "demo" });
    expect(body.next.count === 0).toBe(!body.next.fits);
  });

  test("that a text is complete: an end may follow", async () => {
    const { body } = await ask({ grammar: { choice: ["a"] }, vocabulary: "demo", text: "a" });
    expect(body.next).toMatchObject({ count: 1, token_ids: [0], texts: ["<|endoftext|>"] });
  });

  test("by the client", async () => {
    const client = connect(url);
    const reply = await client.grammar({ grammar: { lark: 'start: "a" <|endoftext|>' }, vocabulary: "demo" });
    expect(reply).toMatchObject({ kind: "lark", next: { count: 1, texts: ["a"] } });
  });
});

describe("what is refused", () => {
  test.each([
    [{}, "invalid_option", ""],
    [{ grammar: { regex: "(" } }, "grammar_invalid", "/grammar/regex"],
    [
      { grammar: { json_schema: { items: { uniqueItems: true } } } },
      "grammar_unsupported",
      "/grammar/json_schema/items/uniqueItems",
    ],
    [{ grammar: { regex: "a" }, vocabulary: "none" }, "vocabulary_unknown", "/vocabulary"],
    [{ grammar: { regex: "a" }, tokens_max: 1001 }, "invalid_option", "/tokens_max"],
    [{ grammar: { regex: "a" }, logits: [1] }, "unknown_option", "/logits"],
    [{ grammar: { type: "text" } }, "invalid_option", "/grammar"],
    [{ grammar: { regex: "a".repeat(1999) } }, "grammar_too_large", "/grammar/regex"],
    [{ grammar: { regex: "(.{0,300}){0,300}x" }, text: "ab".repeat(1000) }, "grammar_too_large", "/grammar"],
  ])("%j", async (payload, code, pointer) => {
    const { status, body } = await ask(payload);
    expect([status, body.code]).toEqual([422, code]);
    expect(body.pointer ?? "").toContain(pointer);
  });

  test("a refusal lets the next one in", async () => {
    const replies = await Promise.all([
      ask({ grammar: { regex: "(" } }),
      ask({ grammar: { regex: "a" }, text: "a" }),
      ask({ grammar: { regex: "b" }, text: "b" }),
    ]);
    expect(replies.map(({ status }) => status)).toEqual([422, 200, 200]);
  });
});
