/** Watermark keys and routes by the owner of an API key, on every route that accepts a mark. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readConfig } from "../../../src/config/config.ts";
import { apiKeysOf } from "../../../src/config/keys.ts";
import { type Listening, listen } from "../listening.ts";

const PRESS = "key-of-the-press-office";
const SHOP = "key-of-the-shop-somewhere";
const READER = "key-of-those-who-only-look";
const ANY = "key-without-any-owner";

let folder: string;
let app: Listening;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "owned-"));
  const [marks, keys] = [join(folder, "marks"), join(folder, "keys")];
  await writeFile(marks, "press 1\nshop 2\nold 3\n");
  await writeFile(
    keys,
    `# owners\npress ${PRESS} press,old\nshop ${SHOP} shop *\nreader ${READER} press /v1/watermark/detect\n${ANY}\n`,
  );
  app = await listen({}, { WATERMARK_KEYS_FILE: marks, API_KEYS_FILE: keys });
}, 60_000);

afterAll(async () => {
  await app.close();
  await rm(folder, { recursive: true });
});

async function post(path: string, key: string, body: unknown): Promise<{ status: number; text: string }> {
  const response = await fetch(app.url + path, {
    method: "POST",
    headers: {
      "x-api-key": key,
      "content-type": path === "/v1/stream" ? "application/x-ndjson" : "application/json",
    },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  return { status: response.status, text: await response.text() };
}

const LOGITS = [1, 3, 2, 0.5, 2.5, 1.5];
const step = (key: string) => ({
  logits: LOGITS,
  watermark: { scheme: "gumbel", key },
  seed: 1,
  history: [1],
});

/** Every route that accepts a mark, with a body that names this watermark key. */
const ROUTES: readonly (readonly [string, (key: string) => unknown])[] = [
  ["/v1/sample", step],
  ["/v1/sample/batch", (key) => ({ rows: [step(key), step(key)] })],
  [
    "/v1/verify",
    (key) => ({ draft_token_ids: [], ...step(key), logits: undefined, rows: [{ logits: LOGITS }] }),
  ],
  ["/v1/compare", (key) => ({ ...step(key), compare: [{ temperature: 1 }, { temperature: 2 }] })],
  ["/v1/replay", (key) => ({ rows: [{ ...step(key), token_id: 1 }] })],
  ["/v1/watermark/detect", (key) => ({ scheme: "gumbel", key, token_ids: [1, 2, 3] })],
  [
    "/v2/models/sampler/infer",
    (key) => ({
      inputs: [{ name: "logits", datatype: "FP32", shape: [1, 6], data: LOGITS }],
      parameters: { seed: "1", watermark: JSON.stringify({ scheme: "gumbel", key }) },
    }),
  ],
  [
    "/v1/stream",
    (key) =>
      `${JSON.stringify({ watermark: { scheme: "gumbel", key }, seed: 1 })}\n${JSON.stringify({ logits: LOGITS })}\n`,
  ],
];

test.each(ROUTES)("%s: an owner names its own watermark keys, and no other's", async (path, body) => {
  // The owner's rights are checked before any cache, so a cached request gives no rights to others.
  const own = await post(path, SHOP, body("shop"));
  expect([own.status, own.text.includes("its own"), own.text]).toEqual([200, false, own.text]);
  for (const key of [PRESS, SHOP]) {
    const foreign = key === PRESS ? "shop" : "press";
    const refused = await post(path, key, body(foreign));
    expect(refused.text).toMatch(/may name the watermark keys that are its own, (press, old|shop), got /);
  }
  expect((await post(path, ANY, body("shop"))).text).not.toContain("its own");
});

test("an owner's key opens the routes that it lists, and no others", async () => {
  const found = await post("/v1/watermark/detect", READER, ROUTES[5]?.[1]("press"));
  expect(found.status).toBe(200);
  const refused = await post("/v1/sample", READER, { logits: LOGITS });
  expect([refused.status, JSON.parse(refused.text).detail]).toEqual([
    403,
    "the key of reader may call /v1/watermark/detect only, got /v1/sample",
  ]);
  const nowhere = await post("/v1/nowhere?key=1", READER, {});
  expect(nowhere.status).toBe(403);
});

test("steps without a mark are open to every owner", async () => {
  expect((await post("/v1/sample", SHOP, { logits: LOGITS })).status).toBe(200);
});

test.each([
  ["two owner key-of-the-test-here extra more words", /line 1 of the keys is neither/],
  ["owner short", /at least 16 characters, got one of 5/],
  ["owner key-of-the-test-here * v1/sample", /routes that begin with \//],
])("%s is no line of keys", (line, sentence) => {
  expect(() => apiKeysOf([line])).toThrow(sentence);
});

test("lines of keys, and what they allow", () => {
  const lines = [
    "",
    " key-without-owner-here",
    "a key-of-the-test-here",
    "b key-of-the-test-two - * opt-out",
  ];
  expect(apiKeysOf(lines).map(({ grant }) => grant)).toEqual([
    undefined,
    { id: "a", watermark_keys: undefined, routes: undefined, may_opt_out: false },
    { id: "b", watermark_keys: [], routes: undefined, may_opt_out: true },
  ]);
  expect(readConfig({ API_KEYS: "key-without-owner-here" }).key_grants).toEqual([undefined]);
});
