import { expect, test } from "vitest";
import { MODEL_FOLDER } from "../../examples/model-host/model.ts";
import { quantile } from "../../examples/model-host/report.ts";
import { ROW_FORMATS } from "../../examples/model-host/row-formats.ts";
import { incrementalDecoder, loadTokenizer } from "../../examples/model-host/tokenizer.ts";

const ROW = Float32Array.of(1.5, -0.25, 3);
const FIELDS = { temperature: 0.8, seed: "7" };

test("text shown piece by piece is the text decoded at once, also across characters of several tokens", async () => {
  const codec = await loadTokenizer(MODEL_FOLDER);
  const token_ids = codec.encode("The whale, naïve at 5 o’clock: 鯨 and 🐋 swam.");
  const complete = incrementalDecoder(codec);
  const pieces = token_ids.map((id) => complete(id));
  expect(pieces.join("")).toBe("The whale, naïve at 5 o’clock: 鯨 and 🐋 swam.");
  expect(pieces).toContain("");
});

test("the binary form is a JSON header of the announced length and then the row's own bytes", () => {
  const { headers, parts } = ROW_FORMATS.binary(ROW, FIELDS);
  const body = Buffer.concat(parts);
  const header_bytes = Number(headers["inference-header-content-length"]);
  expect(JSON.parse(body.subarray(0, header_bytes).toString())).toEqual({ dtype: "f32", ...FIELDS });
  expect([0, 4, 8].map((at) => body.readFloatLE(header_bytes + at))).toEqual([1.5, -0.25, 3]);
});

test("the JSON and base64 forms carry the same row", () => {
  const read = (parts: readonly Uint8Array[]) => JSON.parse(Buffer.concat(parts).toString());
  expect(read(ROW_FORMATS.json(ROW, FIELDS).parts)).toEqual({ ...FIELDS, logits: [1.5, -0.25, 3] });
  const packed = read(ROW_FORMATS.base64(ROW, FIELDS).parts).logits;
  expect(packed.dtype).toBe("f32");
  expect(Buffer.from(packed.data, "base64").readFloatLE(8)).toBe(3);
});

test.each([
  [0.5, 2],
  [0.99, 4],
  [0, 1],
])("the %d quantile of 3 1 4 2 is %d", (q, expected) => {
  expect(quantile([3, 1, 4, 2], q)).toBe(expected);
});
