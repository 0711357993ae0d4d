/** Searches on a stream: the client sends only rows, and each step has the bytes of POST /v1/beam. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { BeamStep } from "../../../src/sampling/beam/search.ts";
import { randomRow } from "../../sampling/sample.ts";
import { type Duplex, openDuplex, openSocket, rowFrame, textFrame } from "../duplex.ts";
import { type Listening, listen } from "../listening.ts";

const V = 120;
const OPTIONS = { repetition_penalty: 1.2, mirostat: 2, seed: "7", history: [4, 5], prompt_length: 2 };
const BEAM = { rule: "transformers", num_beams: 3, end_token_ids: [3, 8], max_tokens: 5, score: "chain" };

let app: Listening;
beforeAll(async () => {
  app = await listen({ rows_max: 4 });
});
afterAll(() => app.close());

interface Live {
  readonly token_ids: readonly number[];
  readonly state?: Readonly<Record<string, unknown>>;
}

const ROOT: readonly Live[] = [{ token_ids: [] }];

/** The row after these tokens, flat enough that mirostat keeps several. */
function rowBehind(token_ids: readonly number[]): Float32Array {
  const seed = token_ids.reduce((hash, id) => (hash * 31 + id + 1) % 65_521, 11);
  return randomRow(V, seed, true).map((logit) => logit / 4);
}

/** The answer of POST /v1/beam, as text. */
async function alone(
  live: readonly Live[],
  search: BeamStep["search"] | undefined,
  beam: object,
): Promise<string> {
  const rows = live.map(({ token_ids, state }) => ({
    logits: [...rowBehind(token_ids)],
    history: [...OPTIONS.history, ...token_ids],
    ...(state && { state }),
  }));
  const { history: _, ...options } = OPTIONS;
  const payload = JSON.stringify({ ...options, beam, search, rows });
  const headers = { "content-type": "application/json" };
  const reply = await app.server.inject({ method: "POST", url: "/v1/beam", payload, headers });
  expect(reply.statusCode, reply.body).toBe(200);
  return reply.body;
}

function nextLive(live: readonly Live[], { beams }: BeamStep): Live[] {
  return beams.map(({ parent, token_id, state }) => ({
    token_ids: [...(live[parent] as Live).token_ids, token_id],
    ...(state && { state }),
  }));
}

/** A whole search by POST /v1/beam: the live beams of each step, and the text of its reply. */
async function* steps(
  beam: object,
): AsyncGenerator<{ readonly live: readonly Live[]; readonly text: string }> {
  let live = ROOT;
  let search: BeamStep["search"] | undefined;
  do {
    const text = await alone(live, search, beam);
    yield { live, text };
    const step = JSON.parse(text) as BeamStep;
    live = nextLive(live, step);
    search = step.search;
  } while (!search.finished);
}

function opened(options: object = OPTIONS): Duplex {
  const stream = openDuplex(app.url);
  stream.write(textFrame(options));
  return stream;
}

function sendRows(stream: Duplex, live: readonly Live[]): void {
  stream.write(Buffer.concat(live.map(({ token_ids }) => rowFrame(rowBehind(token_ids)))));
}

describe("a search on a stream", () => {
  test.each([
    BEAM,
    { rule: "vllm", num_beams: 2, end_token_ids: [3], max_tokens: 4 },
    { rule: "stochastic", num_beams: 3, max_tokens: 4 },
  ])("%o has the bytes of the stateless route in every step, and ends by itself", async (beam) => {
    const stream = opened();
    stream.write(textFrame({ type: "beam", beam }));
    for await (const { live, text } of steps(beam)) {
      sendRows(stream, live);
      expect(await stream.text()).toBe(text);
    }
    // After the search the stream is at its earlier place.
    stream.write(rowFrame(rowBehind([])));
    const after = await stream.line();
    const fresh = opened();
    fresh.write(rowFrame(rowBehind([])));
    expect(after).toEqual(await fresh.line());
    expect([await stream.rest(), await fresh.rest()]).toEqual([[], []]);
  });

  test("has the same bytes as JSON lines, whatever form each row has", async () => {
    const stream = openDuplex(app.url, { "content-type": "application/x-ndjson" });
    const send = (message: object) => stream.write(`${JSON.stringify(message)}\n`);
    send(OPTIONS);
    send({ type: "beam", beam: BEAM });
    const forms = [
      (row: Float32Array) => [...row],
      (row: Float32Array) => ({ dtype: "f32", data: Buffer.from(row.buffer).toString("base64") }),
      (row: Float32Array) => ({ token_ids: [...row.keys()], values: [...row], vocab_size: V }),
    ];
    for await (const { live, text } of steps(BEAM)) {
      for (const [i, { token_ids }] of live.entries())
        send({ logits: forms[(live.length + i) % forms.length]!(rowBehind(token_ids)) });
      // Replies to sparse rows also report `exact`.
      expect(JSON.parse((await stream.text()) ?? "")).toEqual(
        live.length === 3 ? { ...JSON.parse(text), exact: true } : JSON.parse(text),
      );
    }
    expect(await stream.rest()).toEqual([]);
  });

  test("has the same bytes over WebSocket", async () => {
    const { socket, next } = await openSocket(app);
    socket.send(JSON.stringify(OPTIONS));
    socket.send(JSON.stringify({ type: "beam", beam: BEAM }));
    for await (const { live, text } of steps(BEAM)) {
      for (const { token_ids } of live) socket.send(Buffer.from(rowBehind(token_ids).buffer));
      expect(await next()).toBe(text);
    }
    socket.close();
  });

  test("goes on on another stream, with search and live", async () => {
    const first = JSON.parse(await alone(ROOT, undefined, BEAM)) as BeamStep;
    const live = nextLive(ROOT, first);
    const stream = opened();
    stream.write(textFrame({ type: "beam", beam: BEAM, search: first.search, live }));
    sendRows(stream, live);
    expect(await stream.text()).toBe(await alone(live, first.search, BEAM));
    await stream.rest();
  });

  test("is where it was when a row of a step is refused, which is answered once", async () => {
    const stream = opened();
    stream.write(textFrame({ type: "beam", beam: BEAM }));
    sendRows(stream, ROOT);
    const text = (await stream.text()) ?? "";
    const first = JSON.parse(text) as BeamStep;
    const live = nextLive(ROOT, first);
    expect(live).toHaveLength(3);
    const wrong = rowFrame(Float32Array.from({ length: V }, () => Number.NaN));
    stream.write(Buffer.concat([rowFrame(rowBehind(live[0]!.token_ids)), wrong, wrong]));
    expect(await stream.line()).toMatchObject({ status: 422 });
    sendRows(stream, live);
    expect(await stream.text()).toBe(await alone(live, first.search, BEAM));
    expect(await stream.rest()).toEqual([]);
  });

  test.each([
    [{ beam: { ...BEAM, num_beams: 0 } }, "invalid_option", "/beam/num_beams"],
    [{ beam: BEAM, logprobs: true }, "unknown_option", "/logprobs"],
    [{ beam: BEAM, live: [] }, "option_conflict", "/live"],
  ])("%o is refused once, its row is dropped, and the stream goes on", async (said, code, pointer) => {
    const stream = opened();
    stream.write(Buffer.concat([textFrame({ type: "beam", ...said }), rowFrame(rowBehind([]))]));
    expect(await stream.line()).toMatchObject({ code, pointer });
    stream.write(rowFrame(rowBehind([])));
    expect(await stream.line()).toMatchObject({ step: 0 });
    expect(await stream.rest()).toEqual([]);
  });

  test("takes options of a draw from a stream as little as the route does", async () => {
    const stream = opened({ ...OPTIONS, logprobs: true });
    stream.write(Buffer.concat([textFrame({ type: "beam", beam: BEAM }), rowFrame(rowBehind([]))]));
    expect(await stream.line()).toMatchObject({ code: "option_conflict", pointer: "/logprobs" });
    await stream.rest();
  });

  test.each([
    [{ type: "accept", token_ids: [1] }],
    [{ type: "rewind", steps: 1 }],
    [{ type: "verify", draft_token_ids: [1] }],
  ])("takes no %o, and says how to end it", async (message) => {
    const stream = opened();
    stream.write(textFrame({ type: "beam", beam: BEAM }));
    sendRows(stream, ROOT);
    await stream.text();
    stream.write(textFrame(message));
    expect(await stream.line()).toMatchObject({
      code: "option_conflict",
      detail: expect.stringContaining('{"type": "beam", "beam": null} ends it'),
    });
    await stream.rest();
  });

  test("is given up by null, and options change between its steps", async () => {
    const stream = opened();
    stream.write(textFrame({ type: "beam", beam: BEAM }));
    sendRows(stream, ROOT);
    await stream.text();
    stream.write(textFrame({ type: "update", repetition_penalty: 1.5 }));
    stream.write(textFrame({ type: "beam", beam: null }));
    stream.write(textFrame({ type: "accept", token_ids: [9] }));
    stream.write(rowFrame(rowBehind([])));
    expect(await stream.line()).toMatchObject({ step: 1 });
    expect(await stream.rest()).toEqual([]);
  });
});

describe("what a search keeps", () => {
  let small: Listening;
  beforeAll(async () => {
    small = await listen({ held_bytes_max: 400_000, history_length_max: 3000 });
  });
  afterAll(() => small.close());

  test("is charged in bytes, and given back when it ends", async () => {
    // The history takes 4,096 · 32 bytes, a search one beam of 2,990 tokens, then three.
    const stream = openDuplex(small.url);
    stream.write(textFrame({ seed: 1, history: Array.from({ length: 2990 }, (_, i) => i % V) }));
    stream.write(textFrame({ type: "beam", beam: BEAM }));
    sendRows(stream, ROOT);
    expect(await stream.line()).toMatchObject({ code: "overloaded" });
    // Two beams fit; they fit again when the first search is over.
    for (let turn = 0; turn < 3; turn++) {
      stream.write(textFrame({ type: "beam", beam: { ...BEAM, num_beams: 2 } }));
      sendRows(stream, ROOT);
      expect(JSON.parse((await stream.text()) ?? "")).toMatchObject({ finished: false });
    }
    stream.write(textFrame({ type: "beam", beam: null }));
    expect(await stream.rest()).toEqual([]);
  });

  test("has no beam longer than history_length_max", async () => {
    const history = Array.from({ length: 3000 }, () => 1);
    const stream = openDuplex(small.url);
    stream.write(textFrame({ seed: 1, history }));
    stream.write(textFrame({ type: "beam", beam: BEAM }));
    sendRows(stream, ROOT);
    expect(await stream.line()).toMatchObject({
      code: "limit_exceeded",
      detail: expect.stringContaining("history_length_max"),
    });
    await stream.rest();
    const shorter = openDuplex(small.url);
    shorter.write(textFrame({ seed: 1, history: history.slice(1) }));
    shorter.write(textFrame({ type: "beam", beam: { ...BEAM, max_tokens: 1 } }));
    sendRows(shorter, ROOT);
    expect(JSON.parse((await shorter.text()) ?? "")).toMatchObject({ finished: true });
    await shorter.rest();
  });
});
