/** Drafts that branch, over HTTP: one reply in every form. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { VERIFY_REPLY } from "../../../src/schemas/verify.ts";
import { randomRow } from "../../sampling/sample.ts";
import { post, postTensor, type Server, startApp } from "./analysis-app.ts";

let server: Server;
beforeAll(async () => {
  server = await startApp({ LOGIT_SAMPLER_ROWS_MAX: "20" });
});
afterAll(() => server.close());

const VOCABULARY = 300;
const ROWS = Array.from({ length: 65 }, (_, i) => randomRow(VOCABULARY, i + 1, true));

function tensor(rows: readonly Float32Array[]): Float32Array {
  return Float32Array.from(rows.flatMap((row) => [...row]));
}

const rowsOf = (count: number) => ROWS.slice(0, count).map((row) => ({ logits: [...row] }));

test.each([
  ["strict", 5],
  ["typical", 5],
  ["rejection", 5],
  ["rejection", 8],
] as const)(
  "that branches has the same reply as JSON, packed, with a header and with a query: %s, %s rows",
  async (method, count) => {
    const read = count === 8;
    const { body: step } = await post(server, "/v1/sample", {
      logits: [...ROWS[0]!],
      temperature: 0.9,
      top_k: 50,
      seed: 3,
    });
    const said = {
      draft_token_ids: [11, step.token_id, 12, 13],
      parents: [-1, -1, 1, 2],
      method,
      temperature: 0.9,
      top_k: 50,
      seed: 3,
      ...(read && { draft_rows: "logits", draft_siblings: "independent" }),
    };
    const json = await post(server, "/v1/verify", { rows: rowsOf(count), ...said });
    expect(json.status).toBe(200);
    expect(VERIFY_REPLY.parse(json.body)).toEqual(json.body);
    if (method === "strict") expect(json.body.path[0]).toBe(1);
    const values = tensor(ROWS.slice(0, count));
    const header = { dtype: "f32", shape: [count, VOCABULARY], ...said };
    const query = new URLSearchParams(
      Object.entries(header).map(([name, value]): [string, string] => [
        name,
        Array.isArray(value) ? value.join() : String(value),
      ]),
    );
    const packed = ROWS.slice(0, count).map((row) => ({
      logits: { dtype: "f32", data: Buffer.from(row.buffer).toString("base64") },
    }));
    expect((await post(server, "/v1/verify", { rows: packed, ...said })).body).toEqual(json.body);
    expect((await postTensor(server, "/v1/verify", header, values)).json()).toEqual(json.body);
    const bare = await server.inject({
      method: "POST",
      url: `/v1/verify?${query}`,
      headers: { "content-type": "application/octet-stream" },
      payload: Buffer.from(values.buffer),
    });
    expect(bare.json()).toEqual(json.body);
  },
);

test("a tree of more nodes than there are rows needs one row at a time, in either form", async () => {
  const parents = Array.from({ length: 64 }, (_, node) => Math.trunc((node - 1) / 4) - (node === 0 ? 1 : 0));
  const draft_token_ids = parents.map((_, node) => node);
  const said = { draft_token_ids, parents, seed: 4 };
  const json = await post(server, "/v1/verify", { rows: rowsOf(65), ...said });
  expect(json.status).toBe(200);
  const binary = await postTensor(server, "/v1/verify", { shape: [65, VOCABULARY], ...said }, tensor(ROWS));
  expect(binary.json()).toEqual(json.body);
  const together = { ...said, method: "rejection", draft_rows: "logits", parents: parents.map(() => -1) };
  const { body } = await post(server, "/v1/verify", { rows: [...rowsOf(65), ...rowsOf(1)], ...together });
  expect(body).toMatchObject({ code: "limit_exceeded", pointer: "/draft_token_ids" });
});
