/** Fast paths of the service: bodies, and cached parts of them. */
import type { Switch } from "./switch.ts";

const HTTP = ["test/http/short-ways.test.ts"];
const SHARED = ["test/wire/shared-options.test.ts"];

export const SERVICE_SWITCHES: readonly Switch[] = [
  {
    name: "bodies in place",
    file: "src/http/node/connections.ts",
    part: "connections.get(raw.socket)?.expect(body);",
    instead: "",
    tests: HTTP,
  },
  {
    name: "bodies in place, by the hook of Node's parser",
    file: "src/http/node/connections.ts",
    part: "if (!parser || on_body === undefined) {",
    instead: "if (parser) {",
    tests: HTTP,
  },
  {
    name: "bodies in place behind a head that came with them",
    file: "src/http/node/connections.ts",
    part: "const head_bytes = headBytes(bytes);",
    instead: "const head_bytes = 0;",
    tests: HTTP,
  },
  {
    name: "drafts in place behind a head that came with them",
    file: "src/http/node/connections.ts",
    part: '"POST /v1/verify"',
    instead: '"POST /nowhere"',
    tests: HTTP,
  },
  {
    name: "inferences in place behind a head that came with them",
    file: "src/http/node/connections.ts",
    part: '"POST /v2/models"',
    instead: '"POST /nowhere"',
    tests: HTTP,
  },
  {
    name: "beams in place behind a head that came with them",
    file: "src/http/node/connections.ts",
    part: '"POST /v1/beam"',
    instead: '"POST /nowhere"',
    tests: HTTP,
  },
  {
    name: "a long history as int32",
    file: "src/wire/json/long-list.ts",
    part: "if (!first.every(isInt32))",
    instead: "if (first.length > 0)",
    tests: ["test/wire/long-lists.test.ts"],
  },
  {
    name: "freed chunks",
    file: "src/http/node/collect.ts",
    part: "if (length >= FREED_BYTES_MIN && buffer.byteLength === length) ",
    instead: "if (length < 0) ",
    tests: HTTP,
  },
  {
    name: "freed chunks of bodies",
    file: "src/http/node/connections.ts",
    part: "if (raw instanceof IncomingMessage) collector.free(bytes);",
    instead: "",
    tests: HTTP,
  },
  {
    name: "batches in place",
    file: "src/http/exchange/take-body.ts",
    part: "in_place: true,",
    instead: "",
    tests: HTTP,
  },
  {
    name: "freed chunks of streams",
    file: "src/http/routes/stream.ts",
    part: "if (!loop.isWaiting) service.collector.free(bytes);",
    instead: "",
    tests: HTTP,
  },
  {
    name: "parts of a streamed row without a turn",
    file: "src/http/streams/stream-loop.ts",
    part: "this.reader.is_partial === true &&",
    instead: "this.reader.is_partial === undefined &&",
    tests: ["test/http/streams/stream-loop.test.ts"],
  },
  {
    name: "freed messages of WebSockets",
    file: "src/http/routes/stream-websocket.ts",
    part: "if (!loop.isWaiting) service.collector.free(data);",
    instead: "",
    tests: HTTP,
  },
  {
    name: "young garbage that is collected",
    file: "src/http/node/collect.ts",
    part: 'collect({ type: "minor", execution: "sync" });',
    instead: "",
    tests: HTTP,
  },
  {
    name: "copies of the shared scratch",
    file: "src/http/node/connections.ts",
    part: "else socket.push(copyOf(bytes));",
    instead: "else socket.push(bytes);",
    tests: ["test/http/node/connections.test.ts", ...HTTP],
  },
  {
    name: "remembered texts",
    file: "src/wire/remembered.ts",
    part: "if (known !== undefined) return withOwn(known, step, seed);",
    instead: "",
    tests: [...HTTP, "test/wire/remembered.test.ts", "test/wire/remembered-queries.test.ts"],
  },
  {
    name: "remembered texts in the service",
    file: "src/http/exchange/exchange.ts",
    part: "this.context = { limits: wire, remembered,",
    instead:
      "this.context = { limits: wire, remembered: new (remembered.constructor as new () => typeof remembered)(),",
    tests: HTTP,
  },
  {
    name: "options that all rows share",
    file: "src/wire/shared-options.ts",
    part: "if (names.every((name) => OWN_NUMBERS.has(name))) {",
    instead: "if (names.length < 0) {",
    tests: SHARED,
  },
  {
    name: "one shape for what is done with bodies",
    file: "src/http/exchange/exchange.ts",
    part: "return new BodyReading(service, raw, ticket, use, fail, record.refusal);",
    instead:
      "const { open, ...own } = use; return new BodyReading(service, raw, ticket, { ...own, open }, fail, record.refusal);",
    tests: ["test/bench/body-shapes.test.ts"],
  },
  {
    name: "one shape for what is done with bodies",
    file: "src/http/exchange/exchange.ts",
    part: "return new BodyReading(service, raw, ticket, use, fail, record.refusal);",
    instead:
      "const { open, ...own } = use; return new BodyReading(service, raw, ticket, { ...own, open }, fail, record.refusal);",
    tests: ["test/bench/body-shapes.test.ts"],
  },
];
