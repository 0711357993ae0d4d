/**
 * Short ways, each switched off by one line, and the tests that have to notice: without them everything would still be
 * right, and only slower. Two changes of meaning that no test once noticed stand with them.
 */
import type { Mutant } from "./mutants.ts";

interface Switch extends Pick<Mutant, "file"> {
  readonly name: string;
  /** a part of one line, which stands in the file once */
  readonly part: string;
  readonly instead: string;
  readonly tests: readonly string[];
}

const HTTP = ["test/http/short-ways.test.ts"];
const KERNEL = ["test/kernels/short-ways.test.ts", "test/kernels/paths.test.ts"];

export const SWITCHES: readonly Switch[] = [
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
    name: "one shape for what is done with bodies",
    file: "src/http/exchange/exchange.ts",
    part: "return new BodyReading(service, raw, ticket, use, fail, record.refusal);",
    instead:
      "const { open, ...own } = use; return new BodyReading(service, raw, ticket, { ...own, open }, fail, record.refusal);",
    tests: ["test/http/exchange/shapes.test.ts"],
  },
  {
    name: "one shape for the options of drafts",
    file: "src/sampling/verify/options.ts",
    part: "return { verification, given, ...options };",
    instead: "return { ...options, verification, given };",
    tests: ["test/sampling/options/shapes.test.ts"],
  },
  {
    name: "one shape for the options of replays",
    file: "src/sampling/replay.ts",
    part: "return { claim, ...step, receipt: receiptOptions(asked) };",
    instead: "return { ...step, receipt: receiptOptions(asked), claim };",
    tests: ["test/sampling/options/shapes.test.ts"],
  },
  {
    name: "mixtures of which few tokens are asked for",
    file: "src/sampling/combine/sources.ts",
    part: "this.#best,",
    instead: "",
    tests: ["test/bench/short-ways.test.ts"],
  },
  {
    name: "kept weights",
    file: "src/kernels/kept-weights.ts",
    part: "return this.#row === row &&",
    instead: "return this.#row !== row &&",
    tests: KERNEL,
  },
  {
    name: "kept weights in sums",
    file: "src/kernels/mass.ts",
    part: "if (mayUseKept(kept, row, temperature, cut)) {",
    instead: "if (row.blocks < 0) {",
    tests: KERNEL,
  },
  {
    name: "weights of a normaliser that are kept",
    file: "src/kernels/mass.ts",
    part: "sumWeights(machine, sums, row, temperature, cut, true);",
    instead: "sumWeights(machine, sums, row, temperature, cut);",
    tests: KERNEL,
  },
  {
    name: "a distribution that is there",
    file: "src/kernels/distribution.ts",
    part: "if (known !== undefined) return known;",
    instead: "",
    tests: KERNEL,
  },
  {
    name: "sums by block that are there",
    file: "src/kernels/kernel.ts",
    part: "if (!this.#sums.areOf(row, temperature, cut))",
    instead: "",
    tests: KERNEL,
  },
  {
    name: "near",
    file: "src/kernels/typical/typical.ts",
    part: "const near = nearCrossing(machine, sums.address, wanted);",
    instead: "const near = wanted.limit < 0 ? nearCrossing(machine, sums.address, wanted) : undefined;",
    tests: KERNEL,
  },
  {
    name: "the bracket of top-p",
    file: "src/kernels/top-p/top-p.ts",
    part: "return bracketedCut(machine, sums, question, head.mass, sample) ?? byRadix",
    instead: "return byRadix",
    tests: KERNEL,
  },
  {
    name: "the head of top-p",
    file: "src/kernels/top-p/top-p.ts",
    part: "if (answer !== undefined) return answer;",
    instead: "",
    tests: KERNEL,
  },
  {
    name: "the bound of top-p",
    file: "src/kernels/top-p/top-p.ts",
    part: "if (least > 0 && least === most)",
    instead: "if (least < 0)",
    tests: KERNEL,
  },
  {
    name: "the bracket of a rank",
    file: "src/kernels/selection/rank.ts",
    part: "if (cut !== undefined) return cut;",
    instead: "",
    tests: KERNEL,
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
    part: "return { limits: wire, remembered,",
    instead:
      "return { limits: wire, remembered: new (remembered.constructor as new () => typeof remembered)(),",
    tests: HTTP,
  },
  {
    name: "remembered chains",
    file: "src/sampling/recent-chains.ts",
    part: "if (known !== undefined) return known;",
    instead: "",
    tests: ["test/sampling/recent-chains.test.ts"],
  },
  {
    name: "the slack of the kernel's top-p",
    file: "src/kernels/kernel.ts",
    part: "const share = inclusive ? p + MASS_SLACK : p - MASS_SLACK;",
    instead: "const share = p;",
    tests: ["test/kernels/short-ways.test.ts", "test/http/slack.test.ts"],
  },
  {
    name: "a tie at the bound of a sparse row",
    file: "src/sampling/candidates/omitted.ts",
    part: "if (last_kept > this.#bound)",
    instead: "if (last_kept >= this.#bound)",
    tests: ["test/sampling/candidates/sparse.test.ts"],
  },
];

/** The change that a switch is to a file of this text. */
export function switched({ name, file, part, instead }: Switch, text: string): Mutant {
  const lines = text.split("\n");
  const places = lines.flatMap((line, index) => (line.includes(part) ? [index] : []));
  const [place] = places;
  const before = place === undefined ? undefined : lines[place];
  if (place === undefined || before === undefined || places.length > 1)
    throw new Error(`${name}: ${file} must have ${part} once, got ${places.length} times`);
  return { file, line: place + 1, before, after: before.replace(part, () => instead) };
}
