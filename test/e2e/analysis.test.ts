/** The demo language model reads an unknown text, and the built service says how well the model predicted it. */
import { Buffer } from "node:buffer";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningService, startService } from "../../evidence/service.ts";
import { loadModel, MODEL_FOLDER } from "../../examples/model-host/model.ts";
import { loadTokenizer } from "../../examples/model-host/tokenizer.ts";
import { loss, score } from "../../src/index.ts";

/** From the first chapter of "A Tale of Two Cities" (Charles Dickens, 1859; in the public domain). */
const PASSAGE =
  "It was the best of times, it was the worst of times, it was the age of wisdom, it was the age of foolishness, it was the epoch of belief, it was the epoch of incredulity. There were a king with a large jaw and a queen with a plain face, on the throne of England; there were a king with a large jaw and a queen with a fair face, on the throne of France. In both countries it was clearer than crystal to the lords of the State preserves of loaves and fishes, that things in general were settled for ever.";

let service: RunningService;
const rows: Float32Array[] = [];
let targets: number[];

beforeAll(async () => {
  service = await startService();
  const model = await loadModel(MODEL_FOLDER);
  const token_ids = (await loadTokenizer(MODEL_FOLDER)).encode(PASSAGE);
  const sequence = model.startSequence();
  for (const token_id of token_ids.slice(0, -1)) rows.push(await sequence.step([token_id]));
  targets = token_ids.slice(1);
  await model.close();
});

afterAll(() => service?.stop());

interface Scores {
  readonly results: readonly { readonly logprob: number }[];
  readonly cross_entropy: number;
  readonly perplexity: number;
}

interface Calibrated {
  readonly calibration: { readonly temperature: number };
  readonly before: { readonly nll: number; readonly accuracy: number };
  readonly after: { readonly nll: number; readonly accuracy: number };
}

/** Rows [from, to) as one tensor. */
async function send<Reply>(path: string, from: number, to: number, options: object = {}): Promise<Reply> {
  const shape = [to - from, rows[0]!.length];
  const header = Buffer.from(JSON.stringify({ shape, targets: targets.slice(from, to), ...options }));
  const tensor = rows.slice(from, to).map((row) => Buffer.from(row.buffer, row.byteOffset, row.byteLength));
  const reply = await fetch(service.url + path, {
    method: "POST",
    body: Buffer.concat([header, ...tensor]),
    headers: {
      "content-type": "application/octet-stream",
      "inference-header-content-length": String(header.length),
    },
  });
  expect(reply.status).toBe(200);
  return (await reply.json()) as Reply; // the reply's schema says so
}

test("perplexity over HTTP is the library's, to the last bit, and far below knowing nothing", async () => {
  const reply = await send<Scores>("/v1/score", 0, rows.length);
  const logprobs = rows.map((row, r) => score(row, targets[r]!).logprob);
  expect(reply.results.map(({ logprob }) => logprob)).toEqual(logprobs);
  expect(reply.perplexity).toBe(loss(logprobs).perplexity);
  expect(reply.perplexity).toBeGreaterThan(5);
  expect(reply.perplexity).toBeLessThan(400);
});

test("a temperature fitted on the first half of the tokens serves the second half", async () => {
  const half = rows.length >> 1;
  const { calibration, before, after } = await send<Calibrated>("/v1/calibrate", 0, half);
  expect(calibration.temperature).toBeGreaterThan(0.7);
  expect(calibration.temperature).toBeLessThan(2);
  expect(after.nll).toBeLessThanOrEqual(before.nll);
  expect(after.accuracy).toBe(before.accuracy);
  const plain = await send<Scores>("/v1/score", half, rows.length);
  const calibrated = await send<Scores>("/v1/score", half, rows.length, { calibration });
  expect(calibrated.cross_entropy).toBeLessThan(plain.cross_entropy + 0.05);
  console.log(
    `${half} tokens want T = ${calibration.temperature.toFixed(3)}; on ${rows.length - half} others the loss goes from ${plain.cross_entropy.toFixed(3)} to ${calibrated.cross_entropy.toFixed(3)} nats`,
  );
});

test("a calibrated step of the same rows is still seeded, and still the service's", async () => {
  const step = { logits: Array.from(rows[10]!), seed: 7, logprobs: true };
  const draw = async (extra: object) => {
    const body = JSON.stringify({ ...step, ...extra });
    const reply = await fetch(`${service.url}/v1/sample`, {
      method: "POST",
      body,
      headers: { "content-type": "application/json" },
    });
    return (await reply.json()) as Readonly<Record<string, unknown>>; // a reply is an object
  };
  const calibration = { method: "temperature_scaling", temperature: 1.2 };
  const once = await draw({ calibration });
  expect(await draw({ calibration })).toEqual(once);
  const divided = await draw({ temperature: 1.2 });
  expect({ ...once, system_fingerprint: "" }).toEqual({ ...divided, system_fingerprint: "" });
});
