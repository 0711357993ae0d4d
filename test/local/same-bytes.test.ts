/** The local sampler's replies are those of the service, byte for byte. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { Connection } from "../../proof/connection.ts";
import { bf16, f16 } from "../../proof/fuzz/small-rows.ts";
import { encode, f32, jsonMessage, tensorMessage } from "../../proof/message.ts";
import { STEPS } from "../../proof/replay/steps.ts";
import { type Listening, listen } from "../http/listening.ts";
import { createHost } from "./host.ts";

const host = createHost();
let service: Listening;
let connection: Connection;

beforeAll(async () => {
  service = await listen({ vocab_size_max: 8192 });
  connection = new Connection(service.url);
});
afterAll(async () => {
  connection.close();
  await service.close();
});

const FORMS = { f32, f16, bf16 };

/** Request ids exist only in the service. */
function withoutIds(text: string): string {
  return text.replaceAll(/"request_id":"[^"]*"/g, '"request_id":""');
}

async function ofService(path: string, head: object, tensor?: Uint8Array): Promise<string> {
  const message =
    tensor === undefined
      ? jsonMessage(`/v1/${path}`, head)
      : tensorMessage(`/v1/${path}`, head as Record<string, unknown>, Buffer.from(tensor));
  return withoutIds((await connection.exchange(encode(message))).body);
}

async function same(path: string, head: object, tensor?: Uint8Array): Promise<string> {
  const expected = await ofService(path, head, tensor);
  for (const piece of [undefined, 700, 13]) expect(host.request(path, head, tensor, piece)).toBe(expected);
  return expected;
}

test.each(Object.keys(FORMS) as (keyof typeof FORMS)[])(
  "every step of the replay, as rows of %s",
  async (dtype) => {
    for (const { row, options } of STEPS) {
      const tensor = FORMS[dtype](row);
      const head = { dtype, ...options };
      const expected = await ofService("sample", head, tensor);
      expect(expected).toContain('"token_id"');
      expect(host.request("sample", head, tensor)).toBe(expected);
    }
  },
);

test("every step of the replay as JSON", async () => {
  for (const { row, options } of STEPS.filter(({ row }) => row.length < 1000))
    await same("sample", { logits: row, ...options });
});

const ROW = [1.5, -0.25, 3, 0.75, 2.5, -1, 0, 0.5];
const ROWS = [...ROW, ...[...ROW].reverse(), ...ROW.map((x) => x / 2)];

test("batches, drafts, analyses, comparisons, replays and watermarks", async () => {
  const shape = [3, 8];
  const rows = [{ seed: "1" }, { seed: "2", top_k: -1 }, { seed: "3", logprobs: true }];
  expect(await same("sample/batch", { shape, rows, temperature: 0.7 }, f32(ROWS))).toContain(
    "invalid_option",
  );
  await same("sample/batch", { rows: [{ logits: ROW, seed: "5" }, { logits: "no" }] });
  const draft = { draft_token_ids: [2, 4], seed: "9", temperature: 1 };
  expect(await same("verify", { shape, ...draft }, f32(ROWS))).toContain('"accepted"');
  const sequences = [
    { draft_token_ids: [2], seed: "1" },
    { draft_token_ids: [], seed: "2" },
  ];
  await same("verify/batch", { shape, sequences }, f32(ROWS));
  await same("verify", { shape, ...draft, draft_token_ids: [99] }, f32(ROWS));
  await same("probabilities", { shape, temperature: 2, top_k: 3 }, f32(ROWS));
  await same("score", { shape, targets: [1, 2, 3] }, f32(ROWS));
  await same("score", { shape, targets: [1, 2, 3], sampling: { top_k: 4 } }, f32(ROWS));
  await same("diagnose", { shape }, f32(ROWS));
  await same("baseline", { shape }, f32(ROWS));
  await same("calibrate", { shape, targets: [2, 5, 2] }, f32(ROWS));
  await same("compare", { compare: ["llama.cpp", "vllm"], seed: "4" }, f32(ROW));
  await same(
    "replay",
    { shape, rows: [{ seed: "1", token_id: 2 }, { seed: "2", token_id: 1 }, {}] },
    f32(ROWS),
  );
  await same("watermark/detect", {
    scheme: "gumbel",
    key: "main",
    token_ids: [1, 2, 3, 4, 5, 6],
    vocab_size: 8,
  });
  await same("grammar", { grammar: { regex: "a+b?" }, vocabulary: "demo", text: "aa", tokens_max: 3 });
  await same("grammar", { grammar: { regex: "(" } });
  const common = { vocabulary: "demo", draft_vocabulary: "demo" };
  expect(await same("vocabularies/common", common)).toContain('"target_ids"');
  await same("vocabularies/common", { ...common, draft_token_ids: [300, 5], draft_match: "text" });
  await same("vocabularies/common", { ...common, draft_vocabulary: "none" });
  await same("watermark/detect", { scheme: "gumbel", key: "other", token_ids: [1], vocab_size: 8 });
});

test("several rows a step, sparse rows, grammars and vocabularies", async () => {
  const combine = { combine: { rule: "mix" }, sources: [{ weight: 1 }, { weight: 2 }, { weight: 3 }] };
  await same("sample", { shape: [3, 8], ...combine, seed: "3" }, f32(ROWS));
  const sparse = { token_ids: [1, 4, 6], values: [2, 1, 0.5], vocab_size: 100, logsumexp: 3 };
  await same("sample", { logits: sparse, top_k: 2, seed: "3" });
  const row = Array.from({ length: 4096 }, (_, i) => ((i * 37) % 101) / 10);
  const grammar = { kind: "json_schema", schema: { type: "object", properties: { ü: { type: "integer" } } } };
  await same("sample", { vocabulary: "demo", grammar, seed: "8", logits: row });
  await same("sample", {
    vocabulary: "demo",
    banned_strings: ["the"],
    seed: "8",
    logits: row,
    logprobs: true,
  });
});

test.each([
  ["no row", { logits: [] }],
  ["a row that is too long", { logits: Array.from({ length: 8193 }, () => 0) }],
  ["a row of words", { logits: [1, "x"] }],
  ["a NaN", { logits: { dtype: "f32", data: "AADAfwAAAAA=" } }],
  ["an option that is none", { logits: ROW, temprature: 1 }],
  ["an option out of range", { logits: ROW, top_p: 2 }],
  ["a vocabulary that is none", { logits: ROW, vocabulary: "no" }],
  ["everything masked", { logits: ROW, allowed_token_ids: [] }],
])("refuses %s in the words of the service", async (_, body) => {
  expect(await same("sample", body)).toContain("urn:logit-sampler:problem:");
});

/**
 * The lines of a local stream for these messages. The rows of a draft end when it is answered, as the package sends
 * them.
 */
function localStream(options: object, messages: readonly (object | Uint8Array)[]): string[] {
  const utf8 = new TextEncoder();
  const opening = utf8.encode(JSON.stringify(options));
  const { results } = host.call("openStream", [opening.length], opening);
  const [id = 0] = results;
  let is_answered = false;
  const lines: string[] = [];
  for (const message of messages) {
    const is_text = !(message instanceof Uint8Array);
    if (is_text) is_answered = false;
    if (is_answered) continue;
    const bytes = is_text ? utf8.encode(JSON.stringify(message)) : message;
    const { text } = host.call("messageStream", [id, bytes.length, is_text ? 1 : 0], bytes);
    is_answered = text !== "";
    if (is_answered) lines.push(withoutIds(text));
  }
  return lines;
}

test("drafts on a stream are those of the service: answered as soon as they are certain, refused as a whole", async () => {
  const rows = [0, 1, 2].map((i) => f32(ROWS.slice(8 * i, 8 * i + 8)));
  const bytes = Buffer.concat(rows);
  const draft_rows = { draft_rows: "logits", method: "block" };
  const drafts = [
    { draft_token_ids: [2, 4] },
    { draft_token_ids: [7, 4], temperature: 0 },
    { draft_token_ids: [2], ...draft_rows },
    { draft_token_ids: [99, 4] },
  ];
  for (const [i, { temperature = 1, ...draft }] of drafts.entries()) {
    const options = { seed: `${9 + i}`, temperature };
    const [line] = localStream(options, [{ type: "verify", ...draft }, ...rows]);
    const whole = JSON.parse(
      await ofService("verify", { shape: [3, 8], ...draft, ...options }, bytes),
    ) as object;
    expect(JSON.parse(line ?? "")).toMatchObject(
      "status" in whole ? { code: "token_id_out_of_range" } : whole,
    );
  }
  const [accepted, next] = localStream({ seed: "9" }, [
    { type: "verify", draft_token_ids: [1, 4], method: "typical", epsilon: 1, delta: 1 },
    ...rows,
    { logits: ROW },
  ]);
  expect(JSON.parse(accepted ?? "")).toMatchObject({ accepted: 0, step: 1 });
  expect(JSON.parse(next ?? "")).toMatchObject({ step: 1 });
});

test("beams and particles", async () => {
  const rows = STEPS.filter(({ row }) => row.length === STEPS[0]?.row.length).slice(0, 3);
  const vocab_size = rows[0]?.row.length ?? 0;
  const beam = { rule: "stochastic", num_beams: 3, end_token_ids: [1], max_tokens: 9 };
  const first = await same(
    "beam",
    { dtype: "f32", shape: [1, vocab_size], beam, seed: 4 },
    f32(rows[0]?.row ?? []),
  );
  const { search } = JSON.parse(first) as { readonly search: { readonly beams: readonly unknown[] } };
  const count = search.beams.length;
  const row = Array.from({ length: vocab_size }, (_, id) => Math.sin(id));
  const all = Array.from({ length: count }, () => row).flat();
  expect(
    await same(
      "beam",
      { dtype: "f32", shape: [count, vocab_size], beam, search, seed: 4, top_k: 9 },
      f32(all),
    ),
  ).toContain('"finished"');
  await same("beam", { beam, rows: [{ logits: row.slice(0, 30) }], seed: 2 });
  await same("beam", { beam, rows: [] });
  await same("resample", { log_weights: [0, -1, null], seed: 4 });
  await same("resample", { log_weights: [] });
});
