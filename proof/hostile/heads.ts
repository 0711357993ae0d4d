/** Methods, paths and headers that a route does not accept. */
import { Buffer } from "node:buffer";
import { BYTES_TYPE, encode, f32, JSON_TYPE, type Message } from "../message.ts";
import { type HostileCase, hostile } from "./case.ts";

const STEP = '{"logits":[1,3,2],"temperature":0}';
const withHeader = (name: string, value: string): Message => ({
  path: "/v1/sample",
  headers: { ...JSON_TYPE, [name]: value },
  body: STEP,
});
const typed = (type: string) => withHeader("content-type", type);

export function hostileHeads(): HostileCase[] {
  return [
    ...["GET", "PUT", "DELETE", "PATCH"].map((method) =>
      hostile(`${method} /v1/sample`, { method, path: "/v1/sample" }, 405, { code: "method_not_allowed" }),
    ),
    ...[
      "/v1/samples",
      "/v1/sample/",
      "//v1/sample",
      "/V1/SAMPLE",
      "/v1/%73ample%2f",
      "/.git/config",
      "/v1/../../etc/passwd",
      "/%2e%2e/etc/passwd",
    ].map((path) => ({
      ...hostile(path, { path, body: f32([1]), headers: BYTES_TYPE }, 404),
      statuses: [400, 404],
    })),
    {
      ...hostile("a path of 15,000 letters", { method: "GET", path: `/${"a".repeat(15_000)}` }, 404),
      statuses: [404, 414, 431],
    },
    ...[
      "text/plain",
      "application/jsonx",
      "application/json; charset=latin1",
      "multipart/form-data",
      "application/x-www-form-urlencoded",
      "\u00e9/x",
      ";",
    ].map((type) => ({ ...hostile(`content-type ${type}`, typed(type), 415), statuses: [415, 422] })),
    ...["gzip", "deflate", "br", "identity, gzip", "x"].map((encoding) =>
      hostile(`content-encoding ${encoding}`, withHeader("content-encoding", encoding), 415, {
        code: "unsupported_media_type",
      }),
    ),
    hostile("a request id of 10,000 letters", withHeader("x-request-id", "x".repeat(10_000)), 200),
    hostile(
      "a request id of escapes",
      withHeader("x-request-id", "\u001b[31m".replace("\u001b", "%1b")),
      200,
    ),
    hostile("a range", withHeader("range", "bytes=0-1"), 200),
    hostile(
      "an upgrade to h2c",
      {
        ...withHeader("upgrade", "h2c"),
        headers: {
          ...JSON_TYPE,
          upgrade: "h2c",
          connection: "Upgrade, HTTP2-Settings",
          "http2-settings": "AAMAAABkAARAAAAAAAIAAAAA",
        },
      },
      200,
    ),
    hostile("a traceparent that is none", withHeader("traceparent", "00-zz-zz-01"), 200),
    hostile("an unknown expectation", withHeader("expect", "the-spanish-inquisition"), 200),
    {
      ...hostile("a head of 20,000 bytes", withHeader("x-long", "x".repeat(20_000)), 431, {
        code: "headers_too_large",
      }),
      ends: true,
    },
    { name: "2,500 headers", bytes: manyHeaders(2500), statuses: [200, 431] },
  ];
}

function manyHeaders(count: number): Uint8Array {
  const headers = Object.fromEntries(Array.from({ length: count }, (_, i) => [`x${i}`, ""]));
  return Buffer.from(encode({ path: "/v1/sample", headers: { ...JSON_TYPE, ...headers }, body: STEP }));
}
