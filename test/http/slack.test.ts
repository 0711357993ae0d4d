/**
 * The allowed error of p when masses tie: the same for every form of a row, because the same model may send any of
 * them.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Server, startApp } from "./routes/analysis-app.ts";
import { bf16, f32 } from "./routes/v2/v2.ts";

let server: Server;
beforeAll(async () => {
  server = await startApp({ LOGIT_SAMPLER_VOCAB_SIZE_MAX: "20000" });
});
afterAll(() => server.close());

/** Four tokens have a quarter of the mass each; the lower ones have none. */
const ROW = Array.from({ length: 20_000 }, (_, id) => (id < 4 ? 1 : -150 - 2 * (id % 50)));
/** 1 and whole numbers of at most 11 bits, as float16. */
const F16 = Buffer.from(
  Uint16Array.from(ROW, (value) => {
    const exponent = Math.floor(Math.log2(Math.abs(value)));
    const fraction = (Math.abs(value) / 2 ** exponent - 1) * 1024;
    return (value < 0 ? 0x8000 : 0) | ((exponent + 15) << 10) | fraction;
  }).buffer,
);

async function keptOf(url: string, type: string, payload: Buffer | string): Promise<number> {
  const headers = { "content-type": type };
  const reply = await server.inject({ method: "POST", url, headers, payload });
  expect([reply.statusCode, reply.statusCode === 200 ? "" : reply.body]).toEqual([200, ""]);
  return (reply.json() as { kept: number }).kept;
}

const tensor = (dtype: string, bytes: Buffer) => (top_p: number) =>
  keptOf(`/v1/sample?dtype=${dtype}&top_p=${top_p}`, "application/octet-stream", bytes);
const json = (logits: unknown) => (top_p: number) =>
  keptOf("/v1/sample", "application/json", JSON.stringify({ logits, top_p }));
const SPARSE = { token_ids: [0, 1, 2, 3, 4], values: ROW.slice(0, 5), vocab_size: 20_000, max_omitted: -150 };

test.each([
  ["f32", tensor("f32", f32(...ROW))],
  ["f16", tensor("f16", F16)],
  ["bf16", tensor("bf16", bf16(...ROW))],
  ["JSON", json(ROW)],
  ["base64", json({ dtype: "f32", data: f32(...ROW).toString("base64") })],
  ["a sparse row", json(SPARSE)],
])("%s: p may be off by 1e-7", async (_name, kept) => {
  expect(await Promise.all([0.5, 0.5 - 5e-8, 0.5 + 5e-8, 0.5 - 2e-7].map(kept))).toEqual([2, 2, 2, 2]);
  expect(await kept(0.5 + 2e-7)).toBe(3);
  expect(await Promise.all([0.25 + 5e-8, 0.25 + 2e-7, 0.75 + 5e-8, 0.75 + 2e-7].map(kept))).toEqual([
    1, 2, 3, 4,
  ]);
});
