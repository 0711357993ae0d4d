/** Rows of int8 with scales, in every form: the reply is that of the same row in float32. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createSampler } from "../../src/sampling/sampler.ts";
import { openStepJson } from "../../src/wire/step-body.ts";
import { openDuplex, rowFrame, textFrame } from "../http/duplex.ts";
import { type Listening, listen } from "../http/listening.ts";
import { answers, batchBehind, behind, byQuery, bytesOf, header, pieces, refusal } from "./opened.ts";

/** The values that gguf's own tools and numpy compute, for blocks of Q8_0 and for int8 times a float32. */
interface ScaledRow {
  readonly encoding: "block" | "row";
  readonly bytes: string;
  readonly floats: string;
}
const { rows: VECTORS } = JSON.parse(
  readFileSync(new URL("../vectors/scaled-rows.json", import.meta.url), "utf8"),
) as { rows: readonly ScaledRow[] };

const SIZES = [0, 1, 2, 3, 5, 33, 34, 35, 100];

describe("a row of int8 with scales", () => {
  const sampler = createSampler({ vocab_size_max: 256, rows_max: 1 });
  const row = sampler.leaseRow();
  if (row === undefined) throw new Error("a new sampler has a row");

  test.each(VECTORS.map((vector, index) => [index, vector] as const))(
    "is what gguf and numpy make of it: vector %i",
    (_index, { encoding, bytes, floats }) => {
      const expected = new Float32Array(Uint8Array.from(Buffer.from(floats, "hex")).buffer);
      for (const size of SIZES) {
        row.begin(encoding === "row" ? "i8_by_row" : "i8_by_block");
        for (const piece of pieces(Uint8Array.from(Buffer.from(bytes, "hex")), size)) row.append(piece);
        expect(row.length).toBe(expected.length);
        expect(row.odd_bytes).toBe(0);
        const got = row.values.subarray(0, row.length);
        expect(Buffer.from(got.buffer, got.byteOffset, got.byteLength)).toEqual(Buffer.from(expected.buffer));
      }
    },
  );

  test.each([
    ["i8_by_block", 8 * 34],
    ["i8_by_row", 4 + 256],
  ] as const)("%s may be as long as a row is, and no byte longer", (encoding, most) => {
    for (const size of [0, 1, 34, 100]) {
      const append = (bytes: number) => {
        row.begin(encoding);
        return pieces(new Uint8Array(bytes), size).every((piece) => row.append(piece));
      };
      expect(append(most)).toBe(true);
      expect(row.length).toBe(256);
      expect(append(most + 1)).toBe(false);
    }
  });
});

const Q = Int8Array.from({ length: 64 }, (_, id) => ((id * 37) % 251) - 125);
const SCALE = Math.fround(0.0371);
/** The scale 1/16 as a float16. */
const HALF = Uint8Array.from([0x00, 0x2c]);
const BY = {
  row: {
    bytes: Buffer.concat([bytesOf([SCALE]), Buffer.from(Q.buffer)]),
    floats: Array.from(Q, (q) => Math.fround(SCALE * q)),
  },
  block: {
    bytes: Buffer.concat([0, 32].flatMap((at) => [HALF, Buffer.from(Q.buffer, at, 32)])),
    floats: Array.from(Q, (q) => q / 16),
  },
};
const OPTIONS = { temperature: 0.9, top_k: 30, seed: 5, logprobs: true };

describe.each(["row", "block"] as const)("with scale %s", (scale) => {
  const { bytes, floats } = BY[scale];
  const said = { dtype: "i8", scale };
  const expected = answers(byQuery(OPTIONS), bytesOf(floats));

  test.each(SIZES)("one step, in pieces of %i bytes", (size) => {
    expect(answers(byQuery({ ...OPTIONS, ...said }), bytes, size)).toEqual(expected);
    const fields = { ...said, ...OPTIONS, shape: [64] };
    expect(answers(behind(fields), Buffer.concat([header(fields), bytes]), size)).toEqual(expected);
    const logits = { ...said, data: bytes.toString("base64") };
    expect(answers(openStepJson, JSON.stringify({ logits, ...OPTIONS }), size)).toEqual(expected);
  });

  test("the rows of a batch", () => {
    const fields = { ...said, ...OPTIONS, shape: [3, 64] };
    const body = Buffer.concat([header(fields), bytes, bytes, bytes]);
    for (const size of SIZES)
      expect(answers(batchBehind(fields), body, size)).toEqual([...expected, ...expected, ...expected]);
  });

  test.each([
    [{ dtype: "i8" }, 'i8 needs scale, "row" or "block", got none', "/scale"],
    [{ dtype: "f16", scale }, `scale is for i8: the elements of f16 stand alone, got "${scale}"`, "/scale"],
    [{ dtype: "i8", scale: "tensor" }, 'scale must be one of "row", "block", got "tensor"', "/scale"],
  ])("%j is refused", (fields, sentence, pointer) => {
    const [, place, text] = refusal(behind(fields), Buffer.concat([header(fields), bytes]));
    expect([text, place]).toEqual([sentence, pointer]);
  });

  test("a row that ends inside a scale or a block is refused", () => {
    const cut = scale === "row" ? 3 : 40;
    for (const size of SIZES) {
      const [code, , text] = refusal(byQuery(said), bytes.subarray(0, cut), size);
      expect([code, text]).toEqual([
        "length_mismatch",
        scale === "row"
          ? "the bytes of i8 with scale row logits must be 4 of its scale, and one for each logit, got 3"
          : "the bytes of i8 with scale block logits must be a multiple of 34, got 40",
      ]);
    }
  });
});

test("blocks that are not full are refused by the shape", () => {
  const fields = { dtype: "i8", scale: "block", shape: [50] };
  const [code, pointer, text] = refusal(behind(fields), Buffer.concat([header(fields), new Uint8Array(54)]));
  expect([code, pointer]).toEqual(["invalid_option", "/shape"]);
  expect(text).toBe(
    "a row of i8 with scale block must have a multiple of 32 elements, got 50: pad it, and say vocab_size",
  );
});

describe("through the door", () => {
  let app: Listening;
  beforeAll(async () => {
    app = await listen();
  });
  afterAll(() => app.close());

  async function post(path: string, fields: object, tensor: Uint8Array) {
    const head = Buffer.from(JSON.stringify(fields));
    const headers = { "inference-header-content-length": String(head.length) };
    const response = await fetch(app.url + path, {
      method: "POST",
      headers: { "content-type": "application/octet-stream", ...headers },
      body: Buffer.concat([head, tensor]),
    });
    return [response.status, await response.json()];
  }

  test.each(["row", "block"] as const)(
    "drafts, probabilities, scores and inferences, with scale %s",
    async (scale) => {
      const { bytes, floats } = BY[scale];
      const [plain, said] = [{ dtype: "f32" }, { dtype: "i8", scale }];
      const two = (row: Uint8Array) => Buffer.concat([row, row]);
      for (const [path, fields] of [
        ["/v1/sample", { ...OPTIONS, shape: [2, 64], combine: { rule: "mixture" } }],
        ["/v1/verify", { ...OPTIONS, draft_token_ids: [3], shape: [2, 64] }],
        ["/v1/probabilities", { shape: [2, 64] }],
        ["/v1/score", { shape: [2, 64], targets: [1, 2] }],
        ["/v1/replay", { seed: 5, shape: [2, 64], rows: [{ token_id: 1 }, { token_id: 2 }] }],
      ] as const) {
        const expected = await post(path, { ...fields, ...plain }, two(bytesOf(floats)));
        expect(expected[0]).toBe(200);
        expect(await post(path, { ...fields, ...said }, two(bytes))).toEqual(expected);
      }
      const infer = (datatype: string, length: number, parameters: object, tensor: Buffer) =>
        post(
          "/v2/models/sampler/infer",
          {
            inputs: [
              {
                name: "logits",
                datatype,
                shape: [2, length],
                parameters: { binary_data_size: tensor.length },
              },
            ],
            parameters: { seed: "5", temperature: 0.9, ...parameters },
          },
          tensor,
        );
      const expected = await infer("FP32", 64, {}, two(bytesOf(floats)));
      expect(expected[0]).toBe(200);
      expect(await infer("INT8", bytes.length, { scale }, two(bytes))).toEqual(expected);
    },
  );

  test.each(["row", "block"] as const)("a stream, with scale %s", async (scale) => {
    const { bytes, floats } = BY[scale];
    const lines = async (fields: object, row: Uint8Array) => {
      const stream = openDuplex(app.url, { "content-type": "application/octet-stream" });
      stream.write(textFrame({ ...OPTIONS, ...fields }));
      for (let i = 0; i < 3; i++) stream.write(rowFrame(row));
      return stream.rest();
    };
    const expected = await lines({}, bytesOf(floats));
    expect(expected).toHaveLength(3);
    expect(await lines({ dtype: "i8", scale }, bytes)).toEqual(expected);
  });
});
