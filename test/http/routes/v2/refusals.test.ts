/** Errors of an inference: `{"error": …}` with status 400, as Triton's and KServe's clients expect it. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Listening, listen } from "../../listening.ts";
import { errorOf, exchange, f32, i32, inferRequest, request, type Tensor, texts } from "./v2.ts";

let app: Listening;
beforeAll(async () => {
  app = await listen({ body_bytes_max: 20_000, json_text_bytes_max: 4000, batch_rows_max: 8 });
});
afterAll(() => app.close());

const INFER = "POST /v2/models/sampler/infer";
const LOGITS: Tensor = { name: "logits", shape: [1, 4], datatype: "FP32", bytes: f32(1, 2, 3, 4) };

async function refused(bytes: Buffer): Promise<[number, string]> {
  const reply = await exchange(app.url, bytes);
  return [reply.status, errorOf(reply)];
}

const inputs = (...tensors: Tensor[]) => inferRequest([LOGITS, ...tensors]);
const instead = (logits: Partial<Tensor>) => inferRequest([{ ...LOGITS, ...logits }]);
const withParameters = (parameters: Record<string, unknown>) => inferRequest([LOGITS], { parameters });
const json = (value: unknown) => request(INFER, JSON.stringify(value));

test.each([
  ["an unknown parameter", withParameters({ top_q: 1 }), 'there is no option "top_q"'],
  [
    "a misspelt field",
    json({ inputs: [{ name: "logits", shape: [1], datatype: "FP32", dat: [1] }] }),
    'did you mean "data"?',
  ],
  ["a value out of range", withParameters({ top_p: 1.5 }), "top_p must lie in [0, 1], got 1.5"],
  [
    "parameter text that is no JSON",
    withParameters({ logit_bias: "{5: 1}" }),
    "logit_bias must be JSON text",
  ],
  [
    "a number written as text",
    withParameters({ temperature: "0.8" }),
    'temperature must be a number in [0, 1000], got "0.8"',
  ],
  [
    "too many inputs",
    json({ inputs: Array.from({ length: 257 }, () => 7) }),
    "inputs may have at most 256 tensors, got 257",
  ],
  [
    "as many as there may be",
    json({ inputs: Array.from({ length: 256 }, () => 7) }),
    "inputs.0 must be an object",
  ],
  ["a name of JavaScript's own", withParameters(JSON.parse('{"__proto__": 1}')), 'any name but "__proto__"'],
  ["a sequence", withParameters({ sequence_id: 5 }), "sequence_id is not taken: no sequence is kept"],
  ["a priority", withParameters({ priority: 1 }), "priority is not taken: there is no queue"],
  ["a timeout of text", withParameters({ timeout: "1" }), "timeout must be a whole number of microseconds"],
  [
    "binary_data_output of text",
    withParameters({ binary_data_output: "yes" }),
    'binary_data_output must be true or false, got "yes"',
  ],
  [
    "an unknown input",
    inputs({ name: "tokens", shape: [1], datatype: "INT32", bytes: i32(1) }),
    'no input "tokens"',
  ],
  ["an input twice", inputs(LOGITS), "the input logits may be given once"],
  [
    "an option as parameter and input",
    inferRequest([LOGITS, { name: "seed", shape: [1], datatype: "INT32", bytes: i32(1) }], {
      parameters: { seed: 1 },
    }),
    "seed is a parameter and an input",
  ],
  [
    "one half of a bias",
    inputs({ name: "logit_bias_ids", shape: [1], datatype: "INT32", bytes: i32(1) }),
    "logit_bias needs both",
  ],
  [
    "biases of differing shapes",
    inputs(
      { name: "logit_bias_ids", shape: [1], datatype: "INT32", bytes: i32(1) },
      { name: "logit_bias_values", shape: [2], datatype: "FP32", bytes: f32(1, 2) },
    ),
    "must be of one shape, got [1] and [2]",
  ],
  [
    "a token biased twice",
    inputs(
      { name: "logit_bias_ids", shape: [2], datatype: "INT32", bytes: i32(1, 1) },
      { name: "logit_bias_values", shape: [2], datatype: "FP32", bytes: f32(1, 2) },
    ),
    "logit_bias has a token twice",
  ],
  [
    "an option for another number of rows",
    inputs({ name: "step", shape: [3], datatype: "INT32", bytes: i32(1, 2, 3) }),
    "the shape of step must be [1], or the same with a 1 behind it, got [3]",
  ],
  [
    "a list for another number of rows",
    inputs({ name: "history", shape: [3, 1], datatype: "INT32", bytes: i32(1, 2, 3) }),
    "the shape of history must be [length] or [1, length], got [3, 1]",
  ],
  [
    "half-precision options",
    inputs({ name: "top_p", shape: [1], datatype: "FP16", bytes: Buffer.of(0, 0x3c) }),
    "FP16 is taken for logits only",
  ],
  [
    "a mask of bytes",
    inputs({ name: "token_bitmask", shape: [1], datatype: "UINT8", bytes: Buffer.of(3) }),
    "token_bitmask must be INT32 or UINT32 words",
  ],
  [
    "texts that end inside a text",
    inputs({ name: "seed", shape: [1], datatype: "BYTES", bytes: texts("77").subarray(0, 5) }),
    "the data must hold 1 elements of BYTES",
  ],
  [
    "a missing tensor of logits",
    inferRequest([{ ...LOGITS, name: "seed" }]),
    "needs the input logits, got none",
  ],
  [
    "logits of whole numbers",
    instead({ datatype: "INT32" }),
    "logits must be FP32, FP16, BF16 or INT8, got INT32",
  ],
  ["an unknown datatype", instead({ datatype: "FP8" }), "inputs.0.datatype must be one of"],
  [
    "logits of four dimensions",
    instead({ shape: [1, 1, 1, 4] }),
    "[rows, sources, vocab_size], got [1, 1, 1, 4]",
  ],
  [
    "logits of sources that nothing combines",
    instead({ shape: [1, 2, 2] }),
    "a step of 2 sources needs combine",
  ],
  [
    "logits of no element",
    instead({ shape: [1, 0], bytes: f32() }),
    "must be [vocab_size], [rows, vocab_size] or [rows, sources, vocab_size]",
  ],
  [
    "bytes that do not fit the shape",
    instead({ shape: [1, 5] }),
    "shape [1, 5] of FP32 needs 20 bytes, got 16",
  ],
  ["a row too long", instead({ shape: [5000], bytes: f32(...Array(4).fill(0)) }), "needs 20000 bytes"],
  [
    "too many rows",
    instead({ shape: [9, 1], bytes: Buffer.alloc(36) }),
    "a batch may have at most 8 rows (batch_rows_max), got 9",
  ],
  [
    "half-precision logits in JSON",
    json({ inputs: [{ name: "logits", shape: [2], datatype: "FP16", data: [1, 2] }] }),
    "FP16 must be sent as binary data, not in JSON",
  ],
  [
    "too few elements in JSON",
    json({ inputs: [{ name: "logits", shape: [3], datatype: "FP32", data: [[1, 2]] }] }),
    "data must hold 3 elements, got 2",
  ],
  [
    "text among the logits",
    json({ inputs: [{ name: "logits", shape: [2], datatype: "FP32", data: [1, "2"] }] }),
    'data must be of FP32, got "2" at index 1',
  ],
  [
    "NaN among the logits",
    request(INFER, '{"inputs":[{"name":"logits","shape":[2],"datatype":"FP32","data":[1,NaN]}]}'),
    'data must be of FP32, got "NaN" at index 1',
  ],
  [
    "an infinite logit in JSON",
    request(INFER, '{"inputs":[{"name":"logits","shape":[2],"datatype":"FP32","data":[1,1e39]}]}'),
    "logits must fit into float32, got 1e+39 at index 1",
  ],
  ["NaN among the bytes", instead({ bytes: f32(1, 2, Number.NaN, 4) }), "got NaN at index 2"],
  [
    "NaN in one row of many",
    instead({ shape: [2, 2], bytes: f32(1, 2, 3, Number.NaN) }),
    "row 1: logits must be numbers, got NaN at index 1",
  ],
  [
    "an option of one row of many",
    inferRequest([
      { name: "top_p", shape: [2], datatype: "FP32", bytes: f32(0.5, 2) },
      { ...LOGITS, shape: [2, 2] },
    ]),
    "row 1: top_p must lie in [0, 1], got 2",
  ],
  [
    "a seed that JSON has rounded",
    json({
      inputs: [
        { name: "logits", shape: [1], datatype: "FP32", data: [1] },
        { name: "seed", shape: [1], datatype: "UINT64", data: [2 ** 63] },
      ],
    }),
    "data must be of UINT64",
  ],
  [
    "data given twice",
    instead({ data: [1] }),
    "needs one of data, binary_data_size and shared_memory_region, got 2",
  ],
  ["data given nowhere", json({ inputs: [{ name: "logits", shape: [1], datatype: "FP32" }] }), "got 0"],
  [
    "shared memory where it is off",
    json({
      inputs: [
        {
          name: "logits",
          shape: [1],
          datatype: "FP32",
          parameters: { shared_memory_region: "r", shared_memory_byte_size: 4 },
        },
      ],
    }),
    "shared memory is off here",
  ],
  [
    "an unknown output",
    inferRequest([LOGITS], { outputs: { token: true } }),
    'there is no output "token"; did you mean "token_id"? Known: token_id',
  ],
  ["a misspelt output", inferRequest([LOGITS], { outputs: { token_ids: true } }), 'did you mean "token_id"?'],
  [
    "an output without its option",
    inferRequest([LOGITS], { outputs: { top_logprobs: true } }),
    "the output top_logprobs needs the option top_logprobs",
  ],
  [
    "an output whose option is switched off",
    inferRequest([LOGITS], { parameters: { logprobs: false }, outputs: { rank: true } }),
    "the output rank needs the option logprobs",
  ],
  [
    "a classification",
    json({
      inputs: [{ name: "logits", shape: [1], datatype: "FP32", data: [1] }],
      outputs: [{ name: "token_id", parameters: { classification: 3 } }],
    }),
    "classification is not supported",
  ],
  [
    "an output into shared memory",
    json({
      inputs: [{ name: "logits", shape: [1], datatype: "FP32", data: [1] }],
      outputs: [{ name: "token_id", parameters: { shared_memory_region: "r", shared_memory_byte_size: 8 } }],
    }),
    "outputs are not written to shared memory",
  ],
  ["another model's name", json({ model_name: "x", inputs: [] }), 'model_name must be "sampler", got "x"'],
  ["an unknown field", json({ inputs: [], rows: [] }), 'there is no option "rows" here'],
  ["what is not JSON", request(INFER, "{"), "the body is not JSON"],
  ["no body", request(INFER, undefined), "the request has no body"],
  [
    "a header longer than the body",
    request(INFER, "{}", { "Inference-Header-Content-Length": 100 }),
    "must be at most the length of the body, 2, got 100",
  ],
  [
    "a header length that is none",
    request(INFER, "{}", { "Inference-Header-Content-Length": "0" }),
    "Inference-Header-Content-Length must be a whole number of at least 1, got 0",
  ],
  [
    "JSON beyond its limit",
    request(INFER, `"${"x".repeat(5000)}"`),
    "may have at most 4000 bytes (json_text_bytes_max), got more",
  ],
  [
    "tensors beside the logits beyond their limit",
    inferRequest([LOGITS, { name: "history", shape: [1001], datatype: "INT32", bytes: Buffer.alloc(4004) }]),
    "the tensors besides logits may have at most 4000 bytes together (json_text_bytes_max), got 4004",
  ],
  [
    "a body that goes on",
    Buffer.concat([longer(instead({}), 1), Buffer.of(0)]),
    "the body goes on behind its last tensor",
  ],
  [
    "a body cut short",
    longer(instead({}), -1).subarray(0, -1),
    "the body ends 1 bytes before the end of logits",
  ],
  [
    "every token masked",
    instead({ bytes: f32(-Infinity, -Infinity, -Infinity, -Infinity) }),
    "every logit is -Infinity as it came",
  ],
] as const)("400: %s", async (_name, bytes, sentence) => {
  expect(await refused(bytes)).toEqual([400, expect.stringContaining(sentence)]);
});

/** The same request with a wrong Content-Length. */
function longer(bytes: Buffer, by: number): Buffer {
  const text = bytes.toString("latin1");
  return Buffer.from(
    text.replace(
      /Content-Length: (\d+)\r\n\r\n/,
      (_, length) => `Content-Length: ${Number(length) + by}\r\n\r\n`,
    ),
    "latin1",
  );
}
