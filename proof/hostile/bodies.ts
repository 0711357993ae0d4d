/** Binary bodies that do not match their description. */
import { Buffer } from "node:buffer";
import { bf16, f16 } from "../fuzz/small-rows.ts";
import { BYTES_TYPE, f32, type Message, tensorMessage } from "../message.ts";
import { VOCAB_SIZE_MAX } from "../oracle/logits.ts";
import { type HostileCase, hostile } from "./case.ts";

const ROW = [1, 2, 3, 4];
const byQuery = (query: string, body: Uint8Array): Message => ({
  path: `/v1/sample${query}`,
  headers: BYTES_TYPE,
  body,
});
const behind = (fields: unknown, body: Uint8Array) => tensorMessage("/v1/sample", fields, body);
const batch = (fields: unknown, body: Uint8Array) => tensorMessage("/v1/sample/batch", fields, body);
const withLength = (length: string): Message => ({
  path: "/v1/sample",
  headers: { ...BYTES_TYPE, "inference-header-content-length": length },
  body: Buffer.concat([Buffer.from('{"top_k":1}'), f32(ROW)]),
});

const REFUSED: readonly (readonly [string, Message, number, string, string])[] = [
  ["no body", byQuery("", Buffer.alloc(0)), 400, "body_missing", ""],
  ["three bytes of f32", byQuery("?dtype=f32", Buffer.alloc(3, 1)), 422, "length_mismatch", ""],
  ["three bytes of f16", byQuery("?dtype=f16", Buffer.alloc(3, 1)), 422, "length_mismatch", ""],
  [
    "a row too long",
    byQuery("?dtype=f32", Buffer.alloc(4 * VOCAB_SIZE_MAX + 4, 1)),
    422,
    "limit_exceeded",
    "",
  ],
  [
    "another length than its shape",
    byQuery("?dtype=f32&shape=5", f32(ROW)),
    422,
    "length_mismatch",
    "/shape",
  ],
  ["a shape of 0", byQuery("?dtype=f32&shape=0", f32(ROW)), 422, "invalid_option", "/shape/0"],
  ["a shape below 0", behind({ shape: [-4] }, f32(ROW)), 422, "invalid_option", "/shape/0"],
  ["half an element", behind({ shape: [4.5] }, f32(ROW)), 422, "invalid_option", "/shape/0"],
  ["a shape of 2^64 elements", behind({ shape: [2 ** 32, 2 ** 32] }, f32(ROW)), 422, "", ""],
  ["a batch of 2^53 rows", batch({ shape: [2 ** 53 - 1, 4] }, f32(ROW)), 422, "limit_exceeded", "/shape/0"],
  ["a batch without shape", batch({}, f32(ROW)), 422, "invalid_option", "/shape"],
  [
    "options for another number of rows",
    batch({ shape: [1, 4], rows: [{}, {}] }, f32(ROW)),
    422,
    "length_mismatch",
    "/rows",
  ],
  ["a batch that ends early", batch({ shape: [2, 4] }, f32(ROW)), 422, "length_mismatch", "/shape"],
  ["a batch that goes on", batch({ shape: [1, 4] }, f32([...ROW, 1])), 422, "length_mismatch", "/shape"],
  ["f64", byQuery("?dtype=f64", Buffer.alloc(8)), 422, "invalid_option", "/dtype"],
  ["F32", byQuery("?dtype=F32", f32(ROW)), 422, "invalid_option", "/dtype"],
  ["logits in the header", behind({ logits: [1] }, f32(ROW)), 422, "unknown_option", "/logits"],
  ["a header that is no object", behind("[1]", f32(ROW)), 422, "invalid_option", ""],
  ["a header that is no JSON", behind('{"top_k":}', f32(ROW)), 400, "malformed_json", ""],
  ["a header with a byte order mark", behind("\ufeff{}", f32(ROW)), 400, "malformed_json", ""],
  ["a header with a key twice", behind('{"top_k":1,"top_k":2}', f32(ROW)), 400, "malformed_json", "/top_k"],
  ["header length 0", withLength("0"), 400, "malformed_header", ""],
  ["header length -1", withLength("-1"), 400, "malformed_header", ""],
  ["header length 1e1", withLength("1e1"), 400, "malformed_header", ""],
  ["header length 11.0", withLength("11.0"), 400, "malformed_header", ""],
  ["a header longer than the body", withLength("5000"), 400, "malformed_header", ""],
  ["a header of 2^60 bytes", withLength("1152921504606846976"), 400, "malformed_header", ""],
  ["an option twice", byQuery("?top_k=1&top_k=2", f32(ROW)), 400, "malformed_query", "/top_k"],
  ["an option without a value", byQuery("?top_k", f32(ROW)), 400, "malformed_query", "/top_k"],
  ["__proto__ in the query", byQuery("?__proto__=1", f32(ROW)), 400, "malformed_query", "/__proto__"],
  ["percent signs that encode nothing", byQuery("?preset=%F0%9F", f32(ROW)), 400, "malformed_query", ""],
];

export function hostileBodies(): HostileCase[] {
  const refused = REFUSED.map(([name, message, status, code, pointer]) =>
    hostile(name, message, status, code === "" ? {} : { code, ...(pointer !== "" && { pointer }) }),
  );
  return [...refused, ...specials()];
}

/** NaN in every dtype, named by its index. */
function specials(): HostileCase[] {
  return [0, 2, 3].flatMap((index) => {
    const row = ROW.map((logit, i) => (i === index ? Number.NaN : logit));
    const halves = f16(ROW);
    halves.writeUInt16LE(F16_NAN, 2 * index);
    return Object.entries({ f32: f32(row), f16: halves, bf16: bf16(row) }).map(([dtype, body]) =>
      hostile(`NaN at ${index} of ${dtype}`, byQuery(`?dtype=${dtype}`, body), 422, {
        code: "nan_logit",
        pointer: `/logits/${index}`,
      }),
    );
  });
}

const F16_NAN = 0x7e00;
