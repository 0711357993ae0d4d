/**
 * Mutations of a request: of its bytes, of the JSON in it, of its query string and of its headers. The result is always
 * HTTP; the hostile suite tests malformed HTTP.
 */
import { Buffer } from "node:buffer";
import type { Seeded } from "../../evidence/seeded.ts";
import type { Message } from "../message.ts";
import { HOSTILE_VALUES, mutateJson } from "./mutate-json.ts";

type Mutation = (message: Message, random: Seeded) => Message;

/** Texts that parsers often read wrongly. */
const TOKENS: readonly (string | Uint8Array)[] = [
  "null",
  "true",
  "NaN",
  "-Infinity",
  "Infinity",
  "-0",
  "1e400",
  "1e-400",
  "-1e39",
  "0x10",
  "01",
  "1.",
  ".5",
  "+1",
  "-",
  "{",
  "}",
  "[",
  "]",
  ",",
  ":",
  '"',
  "\\",
  "\\u0000",
  "\\ud800",
  "\\u006cogits",
  "\\x",
  "//",
  "/*",
  "\n",
  "\t",
  " ",
  "\r\n",
  "__proto__",
  "constructor",
  "logits",
  "rows",
  "data",
  "values",
  "token_ids",
  "stage",
  '"seed":1,',
  '"logits":[1],',
  "[[",
  "]]",
  "9007199254740993",
  "18446744073709551616",
  "1".repeat(400),
  "[".repeat(70),
  '{"a":'.repeat(70),
  Buffer.of(0),
  Buffer.of(0xff),
  Buffer.of(0xc0, 0x80),
  Buffer.of(0xed, 0xa0, 0x80),
  Buffer.of(0xef, 0xbb, 0xbf),
  Buffer.of(0, 0, 0xc0, 0x7f),
  Buffer.of(0, 0, 0x80, 0x7f),
  Buffer.of(0, 0, 0x80, 0xff),
  Buffer.of(0xff, 0xff, 0xff, 0xff),
];

/** One to four random mutations. */
export function mutate(message: Message, random: Seeded): Message {
  let mutated = message;
  for (let count = 1 + random.below(4); count > 0; count--) mutated = random.pick(MUTATIONS)(mutated, random);
  return mutated;
}

const inBytes: Mutation = (message, random) => {
  const bytes = Buffer.from((message.body ?? "") as Uint8Array); // a string is taken as UTF-8
  return { ...message, body: random.pick(BYTE_EDITS)(bytes, random) };
};

type ByteEdit = (bytes: Buffer, random: Seeded) => Buffer;

function spliced(bytes: Buffer, from: number, to: number, put: Uint8Array): Buffer {
  return Buffer.concat([bytes.subarray(0, from), put, bytes.subarray(to)]);
}

const BYTE_EDITS: readonly ByteEdit[] = [
  function flipBit(bytes, random) {
    if (bytes.length === 0) return bytes;
    const at = random.below(bytes.length);
    return spliced(bytes, at, at + 1, Buffer.of((bytes[at] ?? 0) ^ (1 << random.below(8))));
  },
  function setByte(bytes, random) {
    const at = random.below(bytes.length + 1);
    return spliced(bytes, at, at + 1, Buffer.of(random.below(256)));
  },
  function insertToken(bytes, random) {
    const at = random.below(bytes.length + 1);
    return spliced(bytes, at, at, Buffer.from(random.pick(TOKENS) as Uint8Array)); // a string is taken as UTF-8
  },
  function replaceWithToken(bytes, random) {
    const at = random.below(bytes.length + 1);
    return spliced(bytes, at, at + 1 + random.below(6), Buffer.from(random.pick(TOKENS) as Uint8Array));
  },
  function cut(bytes, random) {
    const at = random.below(bytes.length + 1);
    return spliced(bytes, at, at + 1 + random.below(16), Buffer.alloc(0));
  },
  function truncate(bytes, random) {
    return bytes.subarray(0, random.below(bytes.length + 1));
  },
  function repeat(bytes, random) {
    const at = random.below(bytes.length + 1);
    return spliced(bytes, at, at, bytes.subarray(at, at + 1 + random.below(40)));
  },
  function move(bytes, random) {
    const from = random.below(bytes.length + 1);
    const part = Buffer.from(bytes.subarray(from, from + 1 + random.below(12)));
    const without = spliced(bytes, from, from + part.length, Buffer.alloc(0));
    const at = random.below(without.length + 1);
    return spliced(without, at, at, part);
  },
];

/** Changes the JSON of the body, of the header in front of a tensor, or of one line. */
const inJson: Mutation = (message, random) => {
  const bytes = Buffer.from((message.body ?? "") as Uint8Array);
  const header = Number(message.headers?.["inference-header-content-length"] ?? Number.NaN);
  if (header > 0 && header <= bytes.length) {
    const text = Buffer.from(mutateJson(bytes.toString("utf8", 0, header), random));
    const headers = { ...message.headers, "inference-header-content-length": String(text.length) };
    return { ...message, headers, body: Buffer.concat([text, bytes.subarray(header)]) };
  }
  if (message.headers?.["content-type"]?.includes("ndjson")) {
    const lines = bytes.toString("utf8").split("\n");
    const at = random.below(lines.length);
    lines[at] = mutateJson(lines[at] ?? "", random);
    return { ...message, body: lines.join("\n") };
  }
  return { ...message, body: mutateJson(bytes.toString("utf8"), random) };
};

const QUERY_PARTS = [
  "temperature=",
  "temperature",
  "=1",
  "top_k=1.5",
  "seed=99999999999999999999",
  "dtype=f64",
  "shape=0",
  "shape=1,2,3",
  "%zz=1",
  "a%00b=1",
  "__proto__=1",
  "history=[1,2",
  "logit_bias={}",
  "chain=[]",
  "n=1e9",
  "top_p=NaN",
  "trace=timed",
];

const inQuery: Mutation = (message, random) => {
  const [route = "", query = ""] = message.path.split(/\?(.*)/s, 2);
  const parts = query.split("&").filter((part) => part !== "");
  const at = random.below(parts.length + 1);
  if (random.oneIn(3)) parts.splice(at, 1);
  else if (random.oneIn(2)) parts.splice(at, 0, random.pick(QUERY_PARTS));
  else if (parts[at] !== undefined) {
    const [name] = parts[at].split("=");
    parts[at] = `${name}=${encodeURIComponent(JSON.stringify(random.pick(HOSTILE_VALUES)) ?? "")}`;
  }
  return { ...message, path: parts.length === 0 ? route : `${route}?${parts.join("&")}` };
};

const HEADERS: readonly (readonly [string, string | undefined])[] = [
  ["content-type", undefined],
  ["content-type", "application/json"],
  ["content-type", "application/json; charset=utf-8"],
  ["content-type", "application/json; charset=latin1"],
  ["content-type", "application/octet-stream"],
  ["content-type", "text/plain"],
  ["content-type", "application/x-ndjson"],
  ["content-type", ";;;"],
  ["content-encoding", "gzip"],
  ["content-encoding", "identity"],
  ["inference-header-content-length", undefined],
  ["inference-header-content-length", "0"],
  ["inference-header-content-length", "1"],
  ["inference-header-content-length", "17"],
  ["inference-header-content-length", "1e2"],
  ["inference-header-content-length", "-1"],
  ["inference-header-content-length", "999999999999999999"],
  ["inference-header-content-length", " 40 "],
];

const inHeaders: Mutation = (message, random) => {
  const [name, value] = random.pick(HEADERS);
  const { [name]: _, ...rest } = message.headers ?? {};
  return { ...message, headers: value === undefined ? rest : { ...rest, [name]: value } };
};

/** More mutations of bytes and JSON, because most parsers read these. */
const MUTATIONS: readonly Mutation[] = [
  inBytes,
  inBytes,
  inBytes,
  inJson,
  inJson,
  inJson,
  inQuery,
  inHeaders,
];
