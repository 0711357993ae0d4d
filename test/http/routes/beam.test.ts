/** POST /v1/beam and /v1/resample over HTTP: a whole search, every form of its rows, and refusals. */
import { Buffer } from "node:buffer";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { rowOf, Searcher } from "../../../evidence/beam-search.ts";
import { bf16, f16 } from "../../../proof/fuzz/small-rows.ts";
import { f32 } from "../../../proof/message.ts";
import type { BeamStep } from "../../../src/sampling/beam/search.ts";
import { BEAM_REPLY, RESAMPLE_REPLY } from "../../../src/schemas/beam.ts";
import { post, type Server, startApp } from "./analysis-app.ts";

let server: Server;
beforeAll(async () => {
  server = await startApp();
});
afterAll(() => server.close());

/** Rows whose logits every dtype holds exactly: multiples of ½ from −8 to 8. */
const V = 32;
const ROWS = [0, 1, 2].map((row) =>
  Array.from({ length: V }, (_, id) => (((id * 7 + row * 5) % 33) - 16) / 2),
);
const BEAM = { rule: "transformers", num_beams: 3, end_token_ids: [4], max_tokens: 6, length_penalty: 0.6 };
const CHAIN = { repetition_penalty: 1.3, bad_words_ids: [[9]] };
const HISTORIES = [
  [1, 2],
  [1, 3],
  [1, 12],
].map((history) => ({ history }));

/** The state after the first step. */
async function begun(): Promise<BeamStep["search"]> {
  const { body } = await post(server, "/v1/beam", { beam: BEAM, rows: [{ logits: ROWS[0] }], seed: 5 });
  return body.search;
}

async function postBytes(header: object, bytes: Uint8Array) {
  const head = Buffer.from(JSON.stringify(header));
  const headers = {
    "content-type": "application/octet-stream",
    "inference-header-content-length": String(head.length),
  };
  return server.inject({ method: "POST", url: "/v1/beam", payload: Buffer.concat([head, bytes]), headers });
}

/** int8 with a scale of ½ before each row. */
function i8(rows: readonly (readonly number[])[]): Buffer {
  return Buffer.concat(
    rows.flatMap((row) => [Buffer.from(f32([0.5])), Buffer.from(Int8Array.from(row, (x) => 2 * x).buffer)]),
  );
}

describe("a step of three beams", () => {
  test("has one reply in every form", async () => {
    const search = await begun();
    const rest = { beam: BEAM, search, seed: 5, ...CHAIN };
    const rows = ROWS.map((logits, i) => ({ logits, ...HISTORIES[i] }));
    const { status, body } = await post(server, "/v1/beam", { ...rest, rows });
    expect(status).toBe(200);
    expect(BEAM_REPLY.parse(body)).toEqual(body);
    expect(body.beams).toHaveLength(3);
    const shape = [3, V];
    const flat = ROWS.flat();
    const forms: Record<string, { readonly statusCode: number; readonly body: string }> = {
      f32: await postBytes({ ...rest, dtype: "f32", shape, rows: HISTORIES }, f32(flat)),
      f16: await postBytes({ ...rest, dtype: "f16", shape, rows: HISTORIES }, f16(flat)),
      bf16: await postBytes({ ...rest, dtype: "bf16", shape, rows: HISTORIES }, bf16(flat)),
      i8: await postBytes({ ...rest, dtype: "i8", scale: "row", shape, rows: HISTORIES }, i8(ROWS)),
    };
    for (const [form, reply] of Object.entries(forms))
      expect({ form, reply: JSON.parse(reply.body) }).toEqual({ form, reply: body });
    const packed = ROWS.map((row, i) => ({
      logits: { dtype: "bf16", data: Buffer.from(bf16(row)).toString("base64") },
      ...HISTORIES[i],
    }));
    expect((await post(server, "/v1/beam", { ...rest, rows: packed })).body).toEqual(body);
    const listed = ROWS.map((row, i) => ({
      logits: { token_ids: row.map((_, id) => id), values: row, vocab_size: V },
      ...HISTORIES[i],
    }));
    const { exact, ...sparse } = (await post(server, "/v1/beam", { ...rest, rows: listed })).body;
    expect(exact).toBe(true);
    expect(sparse).toEqual(body);
  });

  test("takes several sources a beam", async () => {
    const search = await begun();
    const rest = { beam: { ...BEAM, score: "chain" }, search, seed: 5, combine: { rule: "product" } };
    const rows = ROWS.map((row, i) => ({ sources: [{ logits: row }, { logits: ROWS[(i + 1) % 3] }] }));
    const { status, body } = await post(server, "/v1/beam", { ...rest, rows });
    expect(status).toBe(200);
    const tensor = ROWS.flatMap((row, i) => [...row, ...(ROWS[(i + 1) % 3] as number[])]);
    const reply = await postBytes({ ...rest, dtype: "f32", shape: [3, 2, V] }, f32(tensor));
    expect(JSON.parse(reply.body)).toEqual(body);
  });
});

test("sparse rows: the best of them are exact when ln Σ exp and the largest left out are told", async () => {
  const row = ROWS[0] as number[];
  const order = row.map((_, id) => id).toSorted((a, b) => (row[b] as number) - (row[a] as number) || a - b);
  const logsumexp = Math.log(row.reduce((sum, logit) => sum + Math.exp(logit), 0));
  const sparse = (count: number) => ({
    token_ids: order.slice(0, count),
    values: order.slice(0, count).map((id) => row[id]),
    max_omitted: row[order[count] as number],
    vocab_size: V,
    logsumexp,
  });
  const call = (logits: object) => post(server, "/v1/beam", { beam: BEAM, rows: [{ logits }], seed: 5 });
  const whole = (await call(row)).body;
  const { body } = await call(sparse(8));
  expect(body.exact).toBe(true);
  expect(body.beams.map(({ token_id }: { token_id: number }) => token_id)).toEqual(
    whole.beams.map(({ token_id }: { token_id: number }) => token_id),
  );
  expect(body.beams[0].score).toBeCloseTo(whole.beams[0].score, 9);
  expect((await call(sparse(5))).body.exact).toBe(false); // 2 · 3 continuations matter
  const strict = { beam: BEAM, rows: [{ logits: sparse(5) }], require_exact: true };
  expect((await post(server, "/v1/beam", strict)).body).toMatchObject({ code: "need_more_tokens" });
});

test("a whole search over HTTP is the search of the library", async () => {
  const world = { seed: 8, vocab_size: 40, prompt: [3, 4], spread: 4 };
  const beam = { rule: "tensorrt_llm", num_beams: 4, end_token_ids: [1], max_tokens: 8, length_penalty: 1 };
  const texts = new Map<number, number[]>();
  let live: number[][] = [[]];
  let search: BeamStep["search"] | null = null;
  do {
    const rows = live.map((tokens) => ({ logits: [...rowOf(world, [...world.prompt, ...tokens])] }));
    const step: BeamStep = (await post(server, "/v1/beam", { beam, search, rows, seed: 1 })).body;
    for (const { id, parent, token_id } of step.ended)
      texts.set(id, [...(live[parent] as number[]), token_id]);
    live = step.beams.map(({ parent, token_id }) => [...(live[parent] as number[]), token_id]);
    search = step.search;
  } while (!search.finished);
  const { sequences } = new Searcher().search(world, beam, {}, 1);
  expect(search.ended.map(({ id }) => texts.get(id))).toEqual(sequences.map(({ token_ids }) => token_ids));
});

test("states of stages go on with their beams", async () => {
  const rows = [{ logits: ROWS[0], history: [1] }];
  const { body } = await post(server, "/v1/beam", { beam: BEAM, rows, seed: 5, mirostat: 2 });
  for (const { state } of body.beams) expect(state.mirostat.mu).toBeGreaterThan(0);
});

test("a beam whose chain leaves nothing brings no continuation, and a search without any is told why", async () => {
  const search = await begun();
  const masked = { logits: ROWS[0], allowed_token_ids: [] as number[] };
  const dead = { logits: ROWS[0]?.map((_, id) => (id === 3 ? 1 : "-Infinity")), bad_words_ids: [[3]] };
  const rows = [{ logits: ROWS[0] }, dead, { logits: ROWS[2] }];
  const { status, body } = await post(server, "/v1/beam", { beam: BEAM, search, rows });
  expect(status).toBe(200);
  expect(body.beams.every(({ parent }: { parent: number }) => parent !== 1)).toBe(true);
  const all = await post(server, "/v1/beam", { beam: BEAM, search, rows: [dead, dead, dead] });
  expect(all.body).toMatchObject({ code: "all_tokens_masked" });
  expect((await post(server, "/v1/beam", { beam: BEAM, rows: [masked] })).status).toBe(422);
});

describe("refused", () => {
  const refusal = async (body: object) => {
    const { code, pointer } = (await post(server, "/v1/beam", body)).body;
    return { code, pointer };
  };
  const rows = [{ logits: ROWS[0] }];

  test("rows that are too few or too many", async () => {
    const search = await begun();
    expect(await refusal({ beam: BEAM, search, rows })).toEqual({
      code: "length_mismatch",
      pointer: "/rows",
    });
    expect(await refusal({ beam: BEAM, rows: [...rows, ...rows] })).toEqual({
      code: "length_mismatch",
      pointer: "/rows",
    });
    const reply = await postBytes(
      { beam: BEAM, dtype: "f32", shape: [2, V] },
      f32([...ROWS[0]!, ...ROWS[1]!]),
    );
    expect(JSON.parse(reply.body)).toMatchObject({ code: "length_mismatch", pointer: "/shape/0" });
  });

  test.each([
    ["n", { n: 2 }, "option_conflict", "/n"],
    ["a draw", { draw: { rule: "gumbel" } }, "option_conflict", "/draw"],
    ["a trace", { trace: true }, "option_conflict", "/trace"],
    ["what there is not", { temprature: 1 }, "unknown_option", "/temprature"],
    [
      "tokens that are taken back",
      { banned_strings: ["x"], vocabulary: "demo" },
      "option_conflict",
      "/banned_strings",
    ],
    ["no rule", { beam: undefined }, "invalid_option", "/beam"],
  ])("%s", async (_, own, code, pointer) => {
    expect(await refusal({ beam: BEAM, rows, ...own })).toEqual({ code, pointer });
  });

  test("one bad row refuses the step, and says which", async () => {
    const search = await begun();
    const bad = [{ logits: ROWS[0] }, { logits: ROWS[1], top_k: -3 }, { logits: ROWS[2] }];
    expect(await refusal({ beam: BEAM, search, rows: bad })).toMatchObject({ pointer: "/rows/1/top_k" });
  });
});

test("what is done grows with the rows, not with what came before", async () => {
  const counts: number[] = [];
  for (const num_beams of [8, 16, 32]) {
    const beam = { ...BEAM, num_beams, end_token_ids: [] };
    const { body } = await post(server, "/v1/beam", {
      beam,
      rows: [{ logits: Array.from({ length: 100 }, (_, i) => i / 10) }],
    });
    counts.push(JSON.stringify(body).length);
  }
  const [one = 0, two = 0, four = 0] = counts;
  expect(two).toBeLessThan(2.2 * one);
  expect(four).toBeLessThan(2.2 * two);
});

test("resample", async () => {
  const { status, body } = await post(server, "/v1/resample", {
    log_weights: [0, null, -1],
    seed: 3,
    step: 2,
  });
  expect(status).toBe(200);
  expect(RESAMPLE_REPLY.parse(body)).toEqual(body);
  expect((await post(server, "/v1/resample", { log_weights: [] })).body).toMatchObject({
    pointer: "/log_weights",
  });
});
