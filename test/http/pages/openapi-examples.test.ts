/** Every named example of the OpenAPI document is answered with 200 as it stands, and as the document shows it. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { LOGIT_REPLY } from "../../../src/schemas/logit.ts";
import { REQUEST_EXAMPLES } from "../../../src/schemas/openapi/examples.ts";
import { REPLY_EXAMPLES } from "../../../src/schemas/openapi/reply-examples.ts";
import { ask, bodyRefusals, EACH, OPENAPI } from "../documented.ts";
import { type Listening, listen } from "../listening.ts";

let app: Listening;
beforeAll(async () => {
  app = await listen({ vocab_size_max: 131_072 });
});
afterAll(() => app.close());

const EXAMPLES = EACH.flatMap(({ path, method }) => {
  const { operationId = "" } = OPENAPI.paths[path]?.[method.toLowerCase()] ?? {};
  return Object.entries(REQUEST_EXAMPLES[operationId] ?? {}).map(
    ([name, { value }], index) => [operationId, name, path, value, index === 0] as const,
  );
});

test("each belongs to an operation", () => {
  const operations = new Set(EXAMPLES.map(([operation]) => operation));
  expect(Object.keys(REQUEST_EXAMPLES).filter((name) => !operations.has(name))).toEqual([]);
  expect(Object.keys(REPLY_EXAMPLES).filter((name) => !operations.has(name))).toEqual([]);
});

// With shared memory off there is no region to register; the page's own test registers one.
test.each(EXAMPLES.filter(([operation]) => operation !== "registerRegion"))(
  "%s: %s",
  async (operation, _, path, value, is_first) => {
    const is_lines = typeof value === "string";
    const headers = { "content-type": is_lines ? "application/x-ndjson" : "application/json" };
    const body = value as object | string; // examples are bodies
    if (!is_lines) expect(bodyRefusals(path, value as object)).toEqual([]);
    const answer = await ask(app.url, { method: "POST", path, headers, body });
    expect([answer.status, answer.status === 200 ? "" : String(answer.body)]).toEqual([200, ""]);
    const told = REPLY_EXAMPLES[operation];
    if (is_first && told !== undefined)
      expect(sameBits(JSON.parse(String(answer.body)))).toEqual(sameBits(told));
  },
);

const QUERIES = EACH.flatMap(({ path, method }) => {
  const { parameters = [] } = OPENAPI.paths[path]?.[method.toLowerCase()] ?? {};
  const shown = parameters.filter((each) => each.in === "query" && "example" in each);
  if (method !== "GET" || shown.length === 0) return [];
  const values = shown.map(({ name, example }) => [name, example] as const);
  return [[path, Object.fromEntries(values) as Record<string, string>] as const]; // as numbers they are written alike
});

test("a query string of examples is answered, as the page of the document sends it", async () => {
  expect(QUERIES.map(([path]) => path)).toEqual(["/v1/logit"]);
  for (const [path, query] of QUERIES) {
    const { status, body } = await ask(app.url, {
      method: "GET",
      path: `${path}?${new URLSearchParams(query)}`,
    });
    expect(status).toBe(200);
    expect(LOGIT_REPLY.meta()?.["examples"]).toContainEqual(JSON.parse(String(body)));
  }
});

/** The fingerprint changes with everything that decides the bits; the golden vectors check that no bit has changed. */
function sameBits(reply: unknown): unknown {
  const text = JSON.stringify(reply, (name, value) => (name === "system_fingerprint" ? "" : value));
  return JSON.parse(text);
}
