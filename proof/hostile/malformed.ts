/**
 * Data that is not HTTP, and requests that two servers in a chain could split differently. Every length that can be
 * read in two ways must be refused, and the connection must end with the refusal, so that later bytes are never read as
 * a request.
 */
import { Buffer } from "node:buffer";
import type { HostileCase } from "./case.ts";

const STEP = '{"logits":[1,3,2]}';
/** the request that an attacker tries to smuggle in */
const SMUGGLED = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
const LINE = "POST /v1/sample HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
const CHUNKED = `12\r\n${STEP}\r\n0\r\n\r\n`;

function refused(name: string, text: string, statuses: readonly number[] = [400]): HostileCase {
  return { name, bytes: Buffer.from(text, "latin1"), statuses, ends: true };
}

const length = (lines: string, body = STEP) => `${LINE}${lines}\r\n\r\n${body}${SMUGGLED}`;

const SMUGGLING: readonly HostileCase[] = [
  refused("a length, then chunks", length(`Content-Length: 18\r\nTransfer-Encoding: chunked`, CHUNKED)),
  refused("chunks, then a length", length(`Transfer-Encoding: chunked\r\nContent-Length: 18`, CHUNKED)),
  refused("two lengths", length("Content-Length: 18\r\nContent-Length: 0")),
  refused("the same length twice", length("Content-Length: 18\r\nContent-Length: 18")),
  refused("a list of lengths", length("Content-Length: 18, 18")),
  ...["+18", "-1", "0x12", "1e1", "18.0", "", "18 0", "18;", "99999999999999999999"].map((value) =>
    refused(`the length "${value}"`, length(`Content-Length: ${value}`)),
  ),
  refused("a space before the colon", length("Content-Length : 18")),
  refused("a folded header", length("X-Folded: a\r\n b\r\nContent-Length: 18")),
  refused("a folded length", length("Content-Length:\r\n 18")),
  refused("chunks with a space before the colon", length("Transfer-Encoding : chunked", CHUNKED)),
  ...[
    "xchunked",
    "chunked, identity",
    "chunkedx",
    "\u000bchunked",
    "identity",
    "gzip",
    "chunked, chunked",
  ].map((value) =>
    refused(`the transfer encoding "${value}"`, length(`Transfer-Encoding: ${value}`, CHUNKED), [400, 501]),
  ),
  refused(
    "two transfer encodings",
    length("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", CHUNKED),
  ),
  refused(
    "line feeds without carriage returns",
    `${LINE}Content-Length: 18\r\n\r\n`.replaceAll("\r\n", "\n") + STEP + SMUGGLED,
  ),
  refused("a line feed inside a header", length("X: a\nContent-Length: 18")),
  refused("a carriage return inside a header", length("X: a\rb\r\nContent-Length: 18")),
  refused("a NUL inside a header", length("X: a\u0000b\r\nContent-Length: 18")),
  refused("a header without a name", length(": x\r\nContent-Length: 18")),
  refused("a header with a space in its name", length("X y: x\r\nContent-Length: 18")),
  ...["0x12", "-1", " 12", "12 x", "fffffffffffffffff", "", "g", "1\u00002"].map((size) =>
    refused(
      `the chunk size "${size}"`,
      length("Transfer-Encoding: chunked", `${size}\r\n${STEP}\r\n0\r\n\r\n`),
    ),
  ),
  refused("a chunk longer than its size", length("Transfer-Encoding: chunked", `4\r\n${STEP}\r\n0\r\n\r\n`)),
  refused(
    "a chunk size ended by a line feed",
    length("Transfer-Encoding: chunked", `12\n${STEP}\r\n0\r\n\r\n`),
  ),
  refused("a chunk ended by a line feed", length("Transfer-Encoding: chunked", `12\r\n${STEP}\n0\r\n\r\n`)),
  refused(
    "a chunk extension with a line feed",
    length("Transfer-Encoding: chunked", `12;a\nb\r\n${STEP}\r\n0\r\n\r\n`),
  ),
  refused(
    "a chunk extension of 20,000 bytes",
    length("Transfer-Encoding: chunked", `12;${"a".repeat(20_000)}\r\n${STEP}\r\n0\r\n\r\n`),
    [413],
  ),
];

const NOT_HTTP: readonly HostileCase[] = [
  refused("words", "hello there\r\n\r\n"),
  refused("an empty line, then words", "\r\n\r\nhello\r\n\r\n"),
  refused("the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
  refused("HTTP/0.9", "GET /nowhere\r\n\r\n", [400, 404]),
  refused("HTTP/1.9", "GET / HTTP/1.9\r\nHost: x\r\n\r\n"),
  refused("HTTP/3.0", "GET / HTTP/3.0\r\nHost: x\r\n\r\n"),
  refused("an unknown method", "BREW / HTTP/1.1\r\nHost: x\r\n\r\n"),
  refused("a method in small letters", "get / HTTP/1.1\r\nHost: x\r\n\r\n"),
  refused("a method of 10,000 letters", `${"A".repeat(10_000)} / HTTP/1.1\r\nHost: x\r\n\r\n`),
  refused("two paths", "GET / / HTTP/1.1\r\nHost: x\r\n\r\n"),
  { ...refused("no host", "GET /healthz HTTP/1.1\r\n\r\n"), bare: true },
  refused("a handshake of TLS", "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003", [400]),
  refused("CONNECT", "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n", [0, 400, 404, 405]),
  refused("bytes", Buffer.from(Array.from({ length: 512 }, (_, i) => (i * 197) & 0xff)).toString("latin1")),
];

/** Valid but unusual: these must be answered. */
const LAWFUL: readonly HostileCase[] = [
  {
    name: "a chunk extension",
    bytes: Buffer.from(`${LINE}Transfer-Encoding: chunked\r\n\r\n12;a=b\r\n${STEP}\r\n0\r\n\r\n`),
    statuses: [200],
  },
  {
    name: "a trailer",
    bytes: Buffer.from(`${LINE}Transfer-Encoding: Chunked\r\n\r\n12\r\n${STEP}\r\n0\r\nX: y\r\n\r\n`),
    statuses: [200],
  },
  { name: "HTTP/1.0", bytes: Buffer.from("GET /healthz HTTP/1.0\r\n\r\n"), statuses: [200] },
  {
    name: "a path with its host",
    bytes: Buffer.from("GET http://x/healthz HTTP/1.1\r\nHost: x\r\n\r\n"),
    statuses: [200, 404],
  },
  {
    name: "one byte at a time",
    bytes: [...`${LINE}Content-Length: 18\r\n\r\n${STEP}`].map((letter) => Buffer.from(letter)),
    statuses: [200],
  },
];

export function malformedHttp(): HostileCase[] {
  return [...SMUGGLING, ...NOT_HTTP, ...LAWFUL];
}
