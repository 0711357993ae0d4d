import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import {
  type ClientStream,
  connect,
  ServiceProblem,
  type StreamOptions,
  type StreamTransport,
} from "../../src/client/index.ts";
import { type BeamStep, openStream } from "../../src/index.ts";
import { type Listening, listen } from "../http/listening.ts";
import { randomRow, sampler } from "../sampling/sample.ts";

const ROWS = Array.from({ length: 6 }, (_, seed) => randomRow(300, seed + 1, true));

let app: Listening;
beforeAll(async () => {
  app = await listen();
});
afterAll(() => app.close());

const TRANSPORTS = [
  ["http", { over: "http" }],
  ["websocket", { over: "websocket", WebSocket }],
] as const satisfies readonly (readonly [string, StreamTransport])[];

describe.each(TRANSPORTS)("a stream over %s", (_, transport) => {
  const open = (options?: StreamOptions): Promise<ClientStream> =>
    connect(app.url).stream(options, transport);

  test("draws what the library's stream draws", async () => {
    const options = { temperature: 0.9, repetition_penalty: 1.3, seed: 7, history: [1, 2] };
    const stream = await open(options);
    const own = openStream(sampler, options);
    for (const logits of ROWS) {
      const row = sampler.leaseRow()!;
      row.load(logits);
      row.finish();
      expect(await stream.next(logits)).toEqual(own.next(row));
      sampler.returnRow(row);
    }
    await stream.close();
  });

  test("rows may be sent before the answers to earlier ones are there", async () => {
    const stream = await open({ seed: 1 });
    const replies = await Promise.all(ROWS.map((row) => stream.next(row)));
    expect(replies.map(({ step }) => step)).toEqual([0, 1, 2, 3, 4, 5]);
    await stream.close();
  });

  test("takes changes, forced tokens, rewinds, sparse rows and options of one step", async () => {
    const stream = await open({ seed: 1, temperature: 0 });
    stream.update({ logit_bias: { "1": null } });
    stream.accept([0]);
    expect(await stream.next([1, 5, 4])).toMatchObject({ token_id: 2, step: 1 });
    stream.update({ logit_bias: null });
    stream.rewind(2);
    expect(await stream.next([1, 5, 4], { logit_bias: { "1": -10 } })).toMatchObject({
      token_id: 2,
      step: 0,
    });
    expect(await stream.next({ token_ids: [8, 9], values: [2, 1] })).toMatchObject({ token_id: 8, step: 1 });
    expect(stream.checkpoint.history).toEqual([2, 8]);
    await stream.close();
  });

  test("drafts are verified as by a call of their own, and the stream goes on behind them", async () => {
    const options = { seed: 7, temperature: 1.2, repetition_penalty: 1.3, history: [3, 4], prompt_length: 2 };
    const client = connect(app.url);
    const plain = await open(options);
    const drawn: number[] = [];
    for (const row of ROWS) drawn.push((await plain.next(row)).token_id);
    await plain.close();

    const stream = await open(options);
    const [first = 0, second = 0] = drawn;
    const draft = { draft_token_ids: [first, (second + 1) % 300, 5] };
    const verified = await stream.verify(ROWS.slice(0, 4), draft);
    expect(verified).toMatchObject({ accepted: 1, token_ids: [first, second], step: 2 });
    expect(await client.verify(ROWS.slice(0, 4), { ...options, ...draft })).toEqual(verified);
    expect(stream.checkpoint).toMatchObject({ history: [3, 4, first, second] });
    await expect(stream.verify(ROWS.slice(0, 2), { draft_token_ids: [300] })).rejects.toMatchObject({
      pointer: "/draft_token_ids/0",
    });
    const rest = [await stream.next(ROWS[2]!), await stream.next(ROWS[3]!)];
    expect(rest.map(({ token_id }) => token_id)).toEqual(drawn.slice(2, 4));
    await stream.close();
    await expect(stream.verify(ROWS.slice(0, 2), { draft_token_ids: [1] })).rejects.toThrow("ended");
  });

  test("a search has the steps of calls of their own, and the stream is where it was after it", async () => {
    const options = { seed: 7, repetition_penalty: 1.3, history: [3, 4], prompt_length: 2 };
    const beam = { rule: "transformers", num_beams: 3, end_token_ids: [5], max_tokens: 3 };
    const client = connect(app.url);
    const stream = await open(options);
    let live: readonly (readonly number[])[] = [[]];
    let search: BeamStep["search"] | undefined;
    do {
      const rows = live.map((tokens) => ROWS[(tokens.at(-1) ?? 0) % ROWS.length]!);
      const step = await stream.beam(rows, search === undefined ? { beam } : undefined);
      const { history, ...shared } = options;
      const own = rows.map((logits, i) => ({ logits, history: [...history, ...live[i]!] }));
      expect(step).toEqual(await client.beam(own, { ...shared, beam, search }));
      live = step.beams.map(({ parent, token_id }) => [...live[parent]!, token_id]);
      search = step.search;
    } while (!search.finished);
    expect(stream.checkpoint).toMatchObject({ history: [3, 4] });

    const { beams } = await stream.beam([{ token_ids: [8, 9, 1], values: [2, 1, 0] }], { beam });
    const wrong = beams.map(() => [1, Number.NaN]);
    await expect(stream.beam(wrong)).rejects.toMatchObject({ code: "nan_logit" });
    stream.endSearch();
    expect(await stream.next(ROWS[0]!)).toMatchObject({ step: 0 });
    await stream.close();
    await expect(stream.beam([ROWS[0]!], { beam })).rejects.toThrow("ended");
  });

  test("messages sent before the answers are there leave their marks in order", async () => {
    const stream = await open({ seed: 1, temperature: 0 });
    const replies = [stream.next([1, 5, 4])];
    stream.accept([7]);
    replies.push(stream.next([1, Number.NaN]).catch((problem) => problem));
    stream.rewind(1);
    stream.update({ top_k: 3 });
    replies.push(stream.next([9, 5, 4]));
    await Promise.all(replies);
    expect(stream.checkpoint).toMatchObject({ history: [1, 0], top_k: 3 });
    await stream.close();
  });

  test("a refused row rejects, and the stream goes on", async () => {
    const stream = await open({ seed: 1, temperature: 0 });
    await expect(stream.next([1, Number.NaN])).rejects.toMatchObject({ code: "nan_logit" });
    expect(await stream.next([1, 2])).toMatchObject({ token_id: 1, step: 0 });
    await stream.close();
  });

  test("goes on from its checkpoint with the same tokens after any cut", async () => {
    const options = { temperature: 1.3, mirostat: 2, history: [5], prompt_length: 1 };
    const first = await open(options);
    const replies = [await first.next(ROWS[0]!)];
    const checkpoints = [first.checkpoint];
    for (const row of ROWS.slice(1)) {
      replies.push(await first.next(row));
      checkpoints.push(first.checkpoint);
    }
    for (const [cut, checkpoint] of checkpoints.entries()) {
      const resumed = await open(JSON.parse(JSON.stringify(checkpoint)) as StreamOptions);
      const rest = [];
      for (const row of ROWS.slice(cut + 1)) rest.push(await resumed.next(row));
      expect(rest).toEqual(replies.slice(cut + 1));
      await resumed.close();
    }
    await first.close();
  });

  test("what ends the stream is told to every row that waits, and to all that follow", async () => {
    const stream = await open({ seed: 1 });
    stream.rewind(1);
    await expect(stream.next([1, 2])).rejects.toMatchObject({ code: "invalid_option", pointer: "/steps" });
    await expect(stream.next([1, 2])).rejects.toMatchObject({ code: "invalid_option" });
  });

  test("no row follows a close", async () => {
    const stream = await open();
    await stream.close();
    await expect(stream.next([1, 2])).rejects.toThrow("ended");
  });
});

test("over a WebSocket a key travels as a protocol, and what cannot travel is refused", async () => {
  const key = "a-key-that-opens-this-server";
  const keyed = await listen({}, { API_KEYS: key });
  const over = { over: "websocket", WebSocket } as const;
  for (const headers of [{ Authorization: `Bearer ${key}` }, { "x-api-key": key }]) {
    const stream = await connect(keyed.url, { headers }).stream({ temperature: 0 }, over);
    expect(await stream.next([1, 2])).toMatchObject({ token_id: 1 });
    await stream.close();
  }
  for (const headers of [{ traceparent: "00-1" }, { authorization: "Basic YTpi" }])
    await expect(connect(keyed.url, { headers }).stream({}, over)).rejects.toThrow("no other header, got");
  await keyed.close();
});

test("over http, options that are refused reject the opening", async () => {
  const opening = connect(app.url).stream({ top_p: 2 });
  await expect(opening).rejects.toBeInstanceOf(ServiceProblem);
  await expect(opening).rejects.toMatchObject({ code: "invalid_option", pointer: "/top_p" });
});

test("rows are of the dtype that the stream was opened with", async () => {
  const stream = await connect(app.url).stream({ dtype: "bf16", temperature: 0 });
  const bytes = new Uint8Array(Uint16Array.of(0x3f80, 0x4000).buffer);
  expect(await stream.next({ dtype: "bf16", bytes })).toMatchObject({ token_id: 1 });
  expect(() => stream.next([1, 2])).toThrow("bf16, got f32");
  await stream.close();
});
