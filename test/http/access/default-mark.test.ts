/** A server's default watermark: the steps that get it, the clients that may omit it, and the refusals. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readConfig } from "../../../src/config/config.ts";
import { type Listening, listen } from "../listening.ts";

const PLAIN = "key-of-any-host-here";
const EDITOR = "key-of-the-editor-here";
const LOGITS = [1, 3, 2, 0.5, 2.5, 1.5];

let folder: string;
let app: Listening;
let marks: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "default-"));
  marks = join(folder, "marks");
  const keys = join(folder, "keys");
  await writeFile(marks, "fleet 1\n");
  await writeFile(keys, `${PLAIN}\neditor ${EDITOR} - * opt-out\n`);
  app = await listen(
    {},
    {
      WATERMARK_KEYS_FILE: marks,
      API_KEYS_FILE: keys,
      WATERMARK_DEFAULT: '{"scheme": "gumbel", "key": "fleet"}',
    },
  );
}, 60_000);

afterAll(async () => {
  await app.close();
  await rm(folder, { recursive: true });
});

async function sample(fields: object, key = PLAIN, path = "/v1/sample") {
  const response = await fetch(app.url + path, {
    method: "POST",
    headers: { "x-api-key": key, "content-type": "application/json" },
    body: JSON.stringify({ logits: LOGITS, seed: 1, history: [1, 2], ...fields }),
  });
  return { status: response.status, reply: (await response.json()) as Record<string, unknown> };
}

test("a step that names no mark bears the server's, and is the same as one that names it", async () => {
  const { reply } = await sample({});
  expect(reply["watermark"]).toEqual({ scheme: "gumbel", marked: true });
  const named = await sample({ watermark: { scheme: "gumbel", key: "fleet" } });
  expect(named.reply).toEqual(reply);
});

test("a greedy step has no choice that could bear one", async () => {
  const { status, reply } = await sample({ temperature: 0 });
  expect([status, reply["watermark"]]).toEqual([200, undefined]);
});

test("a key that may opt out leaves it out, another is refused", async () => {
  const free = await sample({ unmarked: true }, EDITOR);
  expect([free.status, free.reply["watermark"]]).toEqual([200, undefined]);
  const refused = await sample({ unmarked: true });
  expect([refused.status, refused.reply["pointer"], refused.reply["detail"]]).toEqual([
    403,
    "/unmarked",
    "this server marks what it draws (WATERMARK_DEFAULT), and this key may not leave the mark out",
  ]);
  // The default belongs to the server: the steps of an owner without watermark keys are marked too.
  expect((await sample({}, EDITOR)).reply["watermark"]).toEqual({ scheme: "gumbel", marked: true });
});

test.each([
  [{ n: 3 }, "/n", "n of 3 cannot bear the mark"],
  [{ draw: { rule: "gumbel" } }, "/draw", "draw by gumbel cannot bear the mark"],
  [{ history: undefined, step: 4 }, "/history", "a later step without history cannot bear the mark"],
])("%j would go around the mark, and is refused", async (fields, pointer, sentence) => {
  const { status, reply } = await sample(fields);
  expect([status, reply["pointer"]]).toEqual([422, pointer]);
  expect(reply["detail"]).toContain(sentence);
  expect((await sample({ ...fields, unmarked: true }, EDITOR)).status).toBe(200);
});

test("a beam search cannot bear it: only a key that may leave it out searches", async () => {
  const search = {
    logits: undefined,
    history: undefined,
    rows: [{ logits: LOGITS }],
    beam: { rule: "transformers", num_beams: 2, end_token_ids: [0], max_tokens: 4 },
  };
  const silent = await sample(search, EDITOR, "/v1/beam");
  expect([silent.status, silent.reply["pointer"]]).toEqual([403, "/rows/0/unmarked"]);
  expect(silent.reply["detail"]).toContain("a beam search cannot bear the mark");
  const refused = await sample({ ...search, unmarked: true }, PLAIN, "/v1/beam");
  expect([refused.status, refused.reply["pointer"], refused.reply["detail"]]).toEqual([
    403,
    "/unmarked",
    "this server marks what it draws (WATERMARK_DEFAULT), and this key may not leave the mark out",
  ]);
  expect((await sample({ ...search, unmarked: true }, EDITOR, "/v1/beam")).status).toBe(200);
});

test("drafts are verified under it too", async () => {
  const fields = { logits: undefined, rows: [{ logits: LOGITS }], draft_token_ids: [], method: "rejection" };
  const { reply } = await sample(fields, PLAIN, "/v1/verify");
  const [position] = reply["positions"] as readonly Record<string, unknown>[];
  expect(position?.["watermark"]).toEqual({ scheme: "gumbel", marked: true });
});

test.each([
  ["{", /WATERMARK_DEFAULT must be JSON/],
  ['{"scheme": "none", "key": "fleet"}', /WATERMARK_DEFAULT there is no watermark scheme/],
  ['{"scheme": "gumbel", "key": "other"}', /WATERMARK_DEFAULT there is no such watermark key/],
])("%s is no default", (text, sentence) => {
  expect(() => readConfig({ WATERMARK_KEYS_FILE: marks, WATERMARK_DEFAULT: text })).toThrow(sentence);
});
