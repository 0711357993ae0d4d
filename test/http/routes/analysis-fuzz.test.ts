/** Mutated requests to the analysis endpoints: every answer is a reply or a problem with a code, none is a defect. */
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Server, startApp } from "./analysis-app.ts";

let server: Server;
beforeAll(async () => {
  server = await startApp({ LOGIT_SAMPLER_ANALYSIS_ROWS_MAX: "20" });
});
afterAll(() => server.close());

const url = fc
  .constantFrom("probabilities", "score", "diagnose", "calibrate", "baseline")
  .map((name) => `/v1/${name}`);
const number = fc.oneof(
  fc.double({ noNaN: false }).map((x) => String(x)),
  fc.constantFrom("0", "-0", "1e30", "-1e30", "1e39", "-Infinity", "NaN", "null", '"1"', "1e-320", "0.1"),
);
const row = fc.array(number, { maxLength: 6 }).map((numbers) => `[${numbers.join(",")}]`);
const odd = fc.constantFrom(
  "null",
  "[]",
  "{}",
  '"x"',
  "-1",
  "0",
  "1",
  "2.5",
  "[0,1]",
  '["a","b"]',
  '{"a":0.5}',
  "1e999",
  "true",
);
const field = fc.tuple(
  fc.constantFrom(
    "temperature",
    "calibration",
    "labels",
    "threshold",
    "target",
    "targets",
    "vocab_size",
    "bins",
    "seed",
    "resamples",
    "baseline",
    "false_positive_rate",
    "logits",
    "rows",
    "shape",
    "x",
  ),
  odd,
);

/** A JSON body with a small error. */
const body = fc
  .tuple(
    fc.boolean(),
    fc.array(fc.tuple(row, fc.nat({ max: 3 })), { minLength: 1, maxLength: 5 }),
    fc.array(field, { maxLength: 2 }),
  )
  .map(([single, rows, fields]) => {
    const extra = fields.map(([name, value]) => `,"${name}":${value}`).join("");
    if (single) return `{"logits":${rows[0]![0]},"target":${rows[0]![1]}${extra}}`;
    const list = rows.map(([logits, target]) => `{"logits":${logits},"target":${target}}`).join(",");
    return `{"rows":[${list}]${extra}}`;
  });

async function expectAnswer(
  path: string,
  payload: string | Buffer,
  headers: Record<string, string>,
): Promise<void> {
  const reply = await server.inject({ method: "POST", url: path, payload, headers });
  expect([200, 400, 413, 415, 422]).toContain(reply.statusCode);
  const answer = reply.json();
  if (reply.statusCode === 200) expect(reply.body).not.toMatch(/NaN|Infinity/);
  else expect(answer.code).toMatch(/^[a-z_]+$/);
}

test("mutated JSON", async () => {
  const headers = { "content-type": "application/json" };
  await fc.assert(
    fc.asyncProperty(url, body, (path, text) => expectAnswer(path, text, headers)),
    { numRuns: 1500 },
  );
});

test("JSON cut short, or with a byte changed", async () => {
  const headers = { "content-type": "application/json" };
  const damage = fc.tuple(body, fc.nat(), fc.nat({ max: 255 }), fc.boolean()).map(([text, at, byte, cut]) => {
    const bytes = Buffer.from(text);
    const place = at % bytes.length;
    if (cut) return bytes.subarray(0, place);
    bytes[place] = byte;
    return bytes;
  });
  await fc.assert(
    fc.asyncProperty(url, damage, (path, bytes) => expectAnswer(path, bytes, headers)),
    { numRuns: 1000 },
  );
});

test("tensors of any bytes, with any shape", async () => {
  const shape = fc.array(fc.integer({ min: -1, max: 6 }), { maxLength: 3 });
  const dtype = fc.constantFrom("f32", "f16", "bf16", "f64");
  const request = fc.tuple(url, shape, dtype, fc.uint8Array({ maxLength: 80 }));
  await fc.assert(
    fc.asyncProperty(request, ([path, list, kind, bytes]) => {
      const targets = Array.from({ length: list[0] && list[0] > 0 ? list[0] : 0 }, () => 0).join(",");
      const query = `?dtype=${kind}${list.length > 0 ? `&shape=${list.join(",")}` : ""}${targets === "" ? "" : `&targets=${targets}`}`;
      return expectAnswer(path + query, Buffer.from(bytes), {});
    }),
    { numRuns: 1000 },
  );
});
