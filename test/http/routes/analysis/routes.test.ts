import { Buffer } from "node:buffer";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readRows } from "../../../../examples/real-data/vectors.ts";
import { type LabelledLogits, rowOf, score, softmax } from "../../../../src/analysis/index.ts";
import { post, postTensor, type Server, startApp } from "../analysis-app.ts";

let server: Server;
beforeAll(async () => {
  server = await startApp();
});
afterAll(() => server.close());

const validation = readRows("digits", "validation");
const unseen = readRows("digits", "test");

/** Header and values of a labelled set, as in a binary request. */
async function sendSet(url: string, set: LabelledLogits, options: object = {}, targets = true) {
  const header = {
    shape: [set.targets.length, set.classes],
    ...(targets && { targets: Array.from(set.targets) }),
    ...options,
  };
  const reply = await postTensor(server, url, header, Float32Array.from(set.values));
  return { status: reply.statusCode, body: reply.json() };
}

describe("POST /v1/probabilities", () => {
  test("cat, dog, bird: the cat is likeliest, and not likely enough for 0.95", async () => {
    const { status, body } = await post(server, "/v1/probabilities", {
      logits: [3.2, 1.3, 0.2],
      labels: ["cat", "dog", "bird"],
      threshold: 0.95,
    });
    expect(status).toBe(200);
    expect(body.probabilities.map((p: number) => Number(p.toFixed(4)))).toEqual([0.8338, 0.1247, 0.0415]);
    expect(body.top_id).toBe(0);
    expect(body.decision).toMatchObject({ class_id: null, label: null, threshold: 0.95 });
  });

  test("a single logit is the binary case, and its complement keeps its digits", async () => {
    const { body } = await post(server, "/v1/probabilities", {
      logits: [100],
      labels: ["attack"],
      threshold: 0.95,
    });
    expect(body).toMatchObject({ probability: 1, log_odds: 100, decision: { class_id: 0, label: "attack" } });
    expect(body.complement).toBeCloseTo(3.72e-44, 46);
  });

  test("thresholds by label: those left out never fire", async () => {
    const body = { logits: [2, 1], labels: ["ham", "spam"], threshold: { spam: 0.2 } };
    const reply = await post(server, "/v1/probabilities", body);
    expect(reply.body.decision).toMatchObject({ class_id: 1, label: "spam", threshold: 0.2 });
  });

  test("JSON, base64 and binary, in f32 and f16, give the same answer", async () => {
    const f16 = Buffer.from(Uint16Array.of(0x4000, 0x3c00, 0x0000).buffer).toString("base64"); // 2, 1, 0
    const dense = await post(server, "/v1/probabilities", { logits: [2, 1, 0] });
    const packed = await post(server, "/v1/probabilities", { logits: { dtype: "f16", data: f16 } });
    const binary = await postTensor(server, "/v1/probabilities", {}, Float32Array.of(2, 1, 0));
    expect(packed.body).toEqual(dense.body);
    expect(binary.json()).toEqual(dense.body);
    expect(dense.body.probabilities).toEqual(Array.from(softmax([2, 1, 0])));
  });

  test("as a tensor: JSON in front, float32 probabilities behind", async () => {
    const values = Float32Array.of(2, 1, 0, 0, 0, 0);
    const header = { shape: [2, 3], threshold: 0.6 };
    const reply = await postTensor(server, "/v1/probabilities", header, values, "application/octet-stream");
    const head_bytes = Number(reply.headers["inference-header-content-length"]);
    const head = JSON.parse(reply.rawPayload.subarray(0, head_bytes).toString());
    const tensor = new Float32Array(new Uint8Array(reply.rawPayload.subarray(head_bytes)).buffer);
    expect(head.results).toHaveLength(2);
    expect(head.results[0]).not.toHaveProperty("probabilities");
    expect(
      head.results.map((result: { decision: { class_id: number } }) => result.decision.class_id),
    ).toEqual([0, null]);
    expect(Array.from(tensor.subarray(0, 3))).toEqual(Array.from(Float32Array.from(softmax([2, 1, 0]))));
  });

  test("masked classes have probability 0 and log-odds null", async () => {
    const { body } = await post(server, "/v1/probabilities", '{"logits": [0, -Infinity, 0]}');
    expect(body).toMatchObject({ probabilities: [0.5, 0, 0.5], log_odds: [0, null, 0] });
  });

  test("temperature and a calibration do the same, and exclude each other", async () => {
    const calibration = { method: "temperature_scaling", temperature: 2 };
    const cool = await post(server, "/v1/probabilities", { logits: [4, 0], temperature: 2 });
    const calibrated = await post(server, "/v1/probabilities", { logits: [4, 0], calibration });
    expect(calibrated.body).toEqual(cool.body);
    const both = await post(server, "/v1/probabilities", { logits: [4, 0], temperature: 2, calibration });
    expect(both).toMatchObject({ status: 422, body: { code: "option_conflict", pointer: "/calibration" } });
  });

  test("padding behind vocab_size is not read", async () => {
    const padded = await post(server, "/v1/probabilities", { logits: [2, 1, 0, 99], vocab_size: 3 });
    const plain = await post(server, "/v1/probabilities", { logits: [2, 1, 0] });
    expect(padded.body).toEqual(plain.body);
  });
});

describe("POST /v1/score", () => {
  test("the demo language model's 16 rows of 8,192: JSON-free, and equal to the library to the last bit", async () => {
    const passage = readRows("language-model");
    const { body } = await sendSet("/v1/score", passage);
    const expected = Array.from({ length: 16 }, (_, r) => score(rowOf(passage, r), passage.targets[r]!));
    expect(
      body.results.map(({ logprob, rank }: { logprob: number; rank: number }) => ({ logprob, rank })),
    ).toEqual(expected);
    expect(body.rows).toBe(16);
    expect(body.perplexity).toBeCloseTo(81.5957, 3);
    expect(body.cross_entropy_bits).toBeCloseTo(body.cross_entropy / Math.LN2, 12);
  });

  test("targets in each row, or all in one list, are the same", async () => {
    const rows = [
      { logits: [1, 2], target: 0 },
      { logits: [3, 1], target: 0 },
    ];
    const apart = await post(server, "/v1/score", { rows });
    const together = await post(server, "/v1/score", {
      rows: rows.map(({ logits }) => ({ logits })),
      targets: [0, 0],
    });
    expect(together.body).toEqual(apart.body);
  });

  test("a masked class that came has no finite loss: null", async () => {
    const { body } = await post(server, "/v1/score", '{"logits": [0, -Infinity], "target": 1}');
    expect(body).toEqual({
      logprob: null,
      rank: 2,
      cross_entropy: null,
      cross_entropy_bits: null,
      perplexity: null,
    });
  });
});

describe("POST /v1/calibrate", () => {
  test.each(["bias_scaling", "vector_scaling"])(
    "by %s: what it finds goes into the other endpoints, and makes the loss that it told",
    async (method) => {
      const { status, body } = await sendSet("/v1/calibrate", validation, { method, resamples: 20 });
      expect(status).toBe(200);
      const { calibration, after, before } = body;
      expect(after.nll).toBeLessThan(before.nll);
      const scored = await sendSet("/v1/score", validation, { calibration });
      expect(scored.body.cross_entropy).toBeCloseTo(after.nll, 12);
      const row = Array.from(Float32Array.from(rowOf(unseen, 0)));
      const weightOf = (c: number) => calibration.weights?.[c] ?? 1 / calibration.temperature;
      const scaled = row.map((x, c) => x * weightOf(c) + calibration.biases[c]);
      const read = await post(server, "/v1/probabilities", { logits: row, calibration });
      softmax(scaled).forEach((p, c) => {
        expect(read.body.probabilities[c]).toBeCloseTo(p, 12);
      });
      const sent = { logits: row, calibration, top_logprobs: 3, logprobs_mode: "processed", seed: 1 };
      const drawn = await post(server, "/v1/sample", sent);
      for (const { token_id, logprob } of drawn.body.top_logprobs)
        expect(logprob).toBeCloseTo(Math.log(softmax(scaled)[token_id]!), 10);
    },
  );

  test("a baseline, and conformal sets of another calibration, are refused with a bias a class", async () => {
    const calibration = { method: "bias_scaling", temperature: 2, biases: [0, 1] };
    const rows = [{ logits: [1, 2] }];
    const fitted = await post(server, "/v1/baseline", { rows, calibration });
    expect(fitted).toMatchObject({ status: 422, body: { pointer: "/calibration/method" } });
    const conformal = { method: "lac", threshold: 0.2, temperature: 2, rows: 10 };
    const read = await post(server, "/v1/probabilities", { rows, calibration, conformal });
    expect(read.body.detail).toContain("by a temperature, got bias_scaling");
  });

  test("digits: over-confident before, calibrated after, accuracy unchanged; the calibration works elsewhere", async () => {
    const { status, body } = await sendSet("/v1/calibrate", validation);
    expect(status).toBe(200);
    expect(body.calibration.temperature).toBeCloseTo(2.3675, 4);
    expect(body.before.ece).toBeCloseTo(0.0645, 3);
    expect(body.after.ece).toBeCloseTo(0.0192, 3);
    expect(body.after.accuracy).toBe(body.before.accuracy);
    const { calibration } = body;
    const before = await sendSet("/v1/score", unseen);
    const after = await sendSet("/v1/score", unseen, { calibration });
    expect(after.body.cross_entropy).toBeLessThan(before.body.cross_entropy - 0.1);
  });

  test("JSON rows give the bytes that the tensor gives", async () => {
    const few = {
      ...validation,
      targets: validation.targets.slice(0, 300),
      values: validation.values.subarray(0, 3000),
    };
    const rows = Array.from(few.targets, (target, r) => ({ logits: Array.from(rowOf(few, r)), target }));
    const json = await post(server, "/v1/calibrate", { rows, resamples: 20, seed: 5 });
    const tensor = await sendSet("/v1/calibrate", few, { resamples: 20, seed: "5" });
    expect(json.body).toEqual(tensor.body);
    expect(json.body.intervals.temperature.low).toBeLessThan(json.body.calibration.temperature);
  });

  test("a set that is always right has no best temperature", async () => {
    const rows = [{ logits: [5, 0], target: 0 }];
    const { status, body } = await post(server, "/v1/calibrate", { rows });
    expect(status).toBe(422);
    expect(body).toMatchObject({ code: "cannot_calibrate", pointer: "/targets" });
  });
});

test("a calibration goes into /v1/sample as it is, and divides the row before everything else", async () => {
  const { body } = await sendSet("/v1/calibrate", validation, { resamples: 0 });
  const { calibration } = body;
  const step = { logits: [4, 2, 0], seed: 1, logprobs: true, trace: true };
  const plain = await post(server, "/v1/sample", { ...step, temperature: calibration.temperature });
  const calibrated = await post(server, "/v1/sample", { ...step, calibration });
  expect(calibrated.status).toBe(200);
  expect(calibrated.body.trace[0].stage).toBe("calibration");
  expect(calibrated.body.processed_logprob).toBeCloseTo(plain.body.processed_logprob, 12);
  expect(calibrated.body.logprob).toBe(plain.body.logprob);
});

describe("POST /v1/baseline and /v1/diagnose", () => {
  test("a baseline from clean digits flags about as many others as it was told to", async () => {
    const made = await sendSet("/v1/baseline", validation, { false_positive_rate: 0.05 }, false);
    expect(made.status).toBe(200);
    const { baseline } = made.body;
    expect(baseline).toMatchObject({ rows: 2000, false_positive_rate: 0.05, temperature: 1 });
    const { body } = await sendSet("/v1/diagnose", unseen, { baseline });
    const flagged = body.results.filter(({ suspicious }: { suspicious: boolean }) => suspicious).length;
    expect(flagged / 2000).toBeGreaterThan(0.035);
    expect(flagged / 2000).toBeLessThan(0.065);
    const wrong = body.results.filter((result: { confidently_wrong: boolean }) => result.confidently_wrong);
    expect(wrong).toHaveLength(108);
  });

  test("a diagnosis in words and counters", async () => {
    const { body } = await post(server, "/v1/diagnose", {
      logits: [2, 1.9, -3],
      labels: ["cat", "dog", "bird"],
    });
    expect(body).toMatchObject({ top_id: 0, label: "cat", verdict: "torn" });
    expect(body.margin).toBeCloseTo(0.1, 6);
    expect(body).not.toHaveProperty("suspicious");
  });

  test("rows are read at the temperature of their baseline", async () => {
    const { body } = await sendSet("/v1/baseline", validation, { temperature: 2 }, false);
    const request = { logits: Array.from(rowOf(unseen, 0)), baseline: body.baseline };
    const implied = await post(server, "/v1/diagnose", request);
    const said = await post(server, "/v1/diagnose", { ...request, temperature: 2 });
    expect(said.body).toEqual(implied.body);
    const other = await post(server, "/v1/diagnose", { ...request, temperature: 1 });
    expect(other).toMatchObject({ status: 422, body: { pointer: "/baseline/temperature" } });
  });
});
