/** An error in a grammar, a vocabulary or a history is reported in the same way in every form of a request. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { demoVocabulary } from "../../../src/vocabulary/demo.ts";
import { rowFrame, textFrame } from "../duplex.ts";
import { type Listening, listen } from "../listening.ts";

const V = demoVocabulary().size;
const ROW = new Float32Array(V);
const BYTES = Buffer.from(ROW.buffer);
const LOGITS = Array.from(ROW);
const OCTETS = "application/octet-stream";
/** The pointer prefix of a form, and its request. */
type Options = Readonly<Record<string, unknown>>;
type Told = { readonly code: string; readonly pointer: string; readonly detail: string };

let app: Listening;
beforeAll(async () => {
  app = await listen({ vocab_size_max: V, grammar_length_max: 2000 });
});
afterAll(() => app.close());

async function post(path: string, body: Uint8Array | string, headers: Record<string, string> = {}) {
  const reply = await fetch(app.url + path, { method: "POST", body, headers });
  return (await reply.json()) as Record<string, unknown>;
}

const json = { "content-type": "application/json" };
const headed = (header: object, bytes: Uint8Array) => {
  const head = Buffer.from(JSON.stringify(header));
  const headers = { "content-type": OCTETS, "inference-header-content-length": `${head.length}` };
  return [Buffer.concat([head, bytes]), headers] as const;
};
const first = (reply: Record<string, unknown>) => (reply["results"] as unknown[] | undefined)?.[0] ?? reply;

/** Each form: its request, and the prefix of the pointer. */
const FORMS: Readonly<
  Record<string, readonly [before: string, ask: (options: Options) => Promise<unknown>]>
> = {
  json: ["", (options) => post("/v1/sample", JSON.stringify({ logits: LOGITS, ...options }), json)],
  query: [
    "",
    (options) => {
      const query = Object.entries(options).map(
        ([name, value]) =>
          `${name}=${encodeURIComponent(typeof value === "string" ? value : JSON.stringify(value))}`,
      );
      return post(`/v1/sample?dtype=f32&${query.join("&")}`, BYTES, { "content-type": OCTETS });
    },
  ],
  header: ["", (options) => post("/v1/sample", ...headed(options, BYTES))],
  batch: [
    "/rows/0",
    async (options) =>
      first(await post("/v1/sample/batch", JSON.stringify({ rows: [{ logits: LOGITS, ...options }] }), json)),
  ],
  "binary batch": [
    "/rows/0",
    async (options) =>
      first(await post("/v1/sample/batch", ...headed({ shape: [1, V], rows: [options] }, BYTES))),
  ],
  stream: [
    "",
    async (options) => {
      const body = Buffer.concat([textFrame(options), rowFrame(ROW)]);
      const reply = await fetch(`${app.url}/v1/stream`, { method: "POST", body });
      const lines = (await reply.text()).trim().split("\n");
      return JSON.parse(lines.at(-1) ?? "") as unknown;
    },
  ],
};

const demo = (grammar: unknown, more: Options = {}) => ({ vocabulary: "demo", grammar, ...more });
const WRONG: readonly (readonly [
  name: string,
  options: Options,
  code: string,
  pointer: string,
  detail: string,
])[] = [
  [
    "a schema that is none",
    demo({ json_schema: { properties: { a: { type: "strin" } } } }),
    "grammar_invalid",
    "/grammar/json_schema/properties/a/type",
    'type must be a type or a list of types, got "strin"',
  ],
  [
    "more tokens that end a text than a list may name",
    demo({ regex: "a", end_ids: Array.from({ length: 1025 }, (_, i) => i) }),
    "invalid_option",
    "/grammar/end_ids",
    "must list at most 1024 tokens, got 1025",
  ],
  [
    "more tokens that a grammar waits for than a list may name",
    demo({ regex: "a", after: { token_ids: Array.from({ length: 1025 }, (_, i) => i) } }),
    "invalid_option",
    "/grammar/after/token_ids",
    "must list at most 1024 tokens, got 1025",
  ],
  [
    "a longer text to wait for than may be kept",
    demo({ regex: "a", after: { text: "x".repeat(1025) } }),
    "invalid_option",
    "/grammar/after/text",
    "must have at most 1024 characters, got 1025",
  ],
  [
    "a schema that is a list",
    demo({ json_schema: [] }),
    "invalid_option",
    "/grammar/json_schema",
    "must be a schema",
  ],
  [
    "an unsupported keyword",
    demo({ json_schema: { items: { uniqueItems: true } } }),
    "grammar_unsupported",
    "/grammar/json_schema/items/uniqueItems",
    "uniqueItems is supported where maxItems is at most 1",
  ],
  [
    "a regular expression that is too large",
    demo({ regex: "x{200000}" }),
    "grammar_too_large",
    "/grammar/regex",
    "a count may be at most 100000, got {200000}",
  ],
  [
    "a grammar with too many characters",
    demo({ regex: "x".repeat(3000) }),
    "grammar_too_large",
    "/grammar/regex",
    "a grammar may have at most 2000 characters as JSON (grammar_length_max), got",
  ],
  [
    "a grammar without an end",
    demo({ gbnf: 'root ::= "a" root' }),
    "grammar_invalid",
    "/grammar/gbnf",
    "the grammar admits no text at all",
  ],
  [
    "an unknown vocabulary",
    { vocabulary: "demos", grammar: { regex: "a" } },
    "vocabulary_unknown",
    "/vocabulary",
    'there is no vocabulary "demos"',
  ],
  ["no vocabulary", { grammar: { regex: "a" } }, "option_conflict", "/grammar", "needs a vocabulary"],
  [
    "a history that left the grammar",
    demo({ regex: "[B-D]+" }, { history: [34, 33] }),
    "grammar_left",
    "/history/1",
    "the generated part of history must fit the grammar; token 33 at 1 cannot come there",
  ],
];

describe.each(Object.entries(FORMS))("%s", (_, [before, ask]) => {
  test.each(WRONG)("%s", async (_, options, code, pointer, detail) => {
    const told = (await ask(options)) as Told;
    expect([told.code, told.pointer]).toEqual([code, before + pointer]);
    expect(told.detail).toContain(detail);
  });
});

/** In /v2 a problem is only a message: the protocol has nothing but `{"error": …}`. */
test.each(WRONG)("/v2: %s", async (_, options, __, ___, detail) => {
  const parameters = Object.fromEntries(
    Object.entries(options).map(([name, value]) => [
      name,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  );
  const inputs = [{ name: "logits", datatype: "FP32", shape: [1, V], data: LOGITS }];
  const body = JSON.stringify({ inputs, parameters });
  const { error } = await post("/v2/models/sampler/infer", body, json);
  expect(error).toContain(detail);
});
