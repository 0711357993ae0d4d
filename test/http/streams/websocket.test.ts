import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { randomRow } from "../../sampling/sample.ts";
import { openDuplex, openSocket, rowFrame, textFrame } from "../duplex.ts";
import { type Listening, listen, until } from "../listening.ts";

let app: Listening;
beforeAll(async () => {
  app = await listen();
});
afterAll(() => app.close());

function bytesOf(row: Float32Array): Buffer {
  return Buffer.from(row.buffer, row.byteOffset, row.byteLength);
}

describe("a stream over WebSocket", () => {
  const OPTIONS = { temperature: 0.9, repetition_penalty: 1.2, seed: "7" };
  const ROWS = Array.from({ length: 5 }, (_, seed) => randomRow(200, seed + 1, true));

  test("answers with the bytes of the same stream over HTTP", async () => {
    const http = openDuplex(app.url);
    http.write(Buffer.concat([textFrame(OPTIONS), ...ROWS.map((row) => rowFrame(row))]));
    const { socket, next } = await openSocket(app);
    socket.send(JSON.stringify(OPTIONS));
    for (const row of ROWS) {
      socket.send(bytesOf(row));
      expect(await next()).toBe(await http.text());
    }
    socket.close();
    await http.rest();
  });

  test("control messages and JSON rows are text", async () => {
    const { socket, next } = await openSocket(app);
    for (const message of [
      { temperature: 0, seed: 1 },
      { type: "accept", token_ids: [0] },
      { type: "update", logit_bias: { "1": null } },
      { logits: [1, 5, 4] },
      { type: "rewind", steps: 2 },
      { logits: [1, 5, 4] },
    ])
      socket.send(JSON.stringify(message));
    expect([JSON.parse(await next()), JSON.parse(await next())]).toMatchObject([
      { token_id: 2, step: 1 },
      { token_id: 2, step: 0 },
    ]);
    socket.close();
  });

  test("the options may come as bytes, and a refused row leaves the stream open", async () => {
    const { socket, next } = await openSocket(app);
    socket.send(Buffer.from('{"seed": 1, "temperature": 0}'));
    socket.send(bytesOf(Float32Array.of(1, Number.NaN)));
    expect(JSON.parse(await next())).toMatchObject({ status: 422, code: "nan_logit", pointer: "/logits/1" });
    socket.send(bytesOf(Float32Array.of(1, 2)));
    expect(JSON.parse(await next())).toMatchObject({ token_id: 1, step: 0 });
    socket.close();
  });

  test.each([
    ["options out of range", '{"top_p": 2}', "invalid_option"],
    ["text that is not JSON", "{", "malformed_json"],
    ["a row where the options should be", '{"logits": [1]}', "unknown_option"],
  ])("%s end it with the problem and 1008", async (_, text, code) => {
    const { socket, next } = await openSocket(app);
    const closed = once(socket, "close");
    socket.send(text);
    expect(JSON.parse(await next())).toMatchObject({ code });
    const [close_code, reason] = (await closed) as [number, Buffer];
    expect([close_code, reason.toString()]).toEqual([1008, code]);
  });

  test("options in the URL are refused, and nothing that follows is sampled", async () => {
    const tokens = app.service.counters.tokens.get("stream") ?? 0;
    const { socket, next } = await openSocket(app, "/v1/stream?temperature=0.5");
    const closed = once(socket, "close");
    socket.send('{"seed": 1}');
    socket.send('{"logits": [1, 2]}');
    expect(JSON.parse(await next())).toMatchObject({
      code: "option_conflict",
      pointer: "/temperature",
      detail: "options of a stream stand in its first message, got temperature in the query string",
    });
    expect((await closed)[0]).toBe(1008);
    expect(app.service.counters.tokens.get("stream") ?? 0).toBe(tokens);
  });

  test("a stream that ends while it waits for its turn closes at once", async () => {
    for (let round = 0; round < 20; round++) {
      const { socket, next } = await openSocket(app);
      const closed = once(socket, "close");
      socket.send('{"seed":1}');
      socket.send(`{"logits":[${Array(50).fill(1).join()}],"n":4000}`);
      socket.send('{"type":"rewind","steps":9}');
      await next();
      expect(JSON.parse(await next())).toMatchObject({ code: "invalid_option" });
      await closed;
    }
  });

  test("a server that ends says so and closes with 1001", async () => {
    const own = await listen();
    const { socket, next } = await openSocket(own);
    socket.send('{"seed": 1}');
    socket.send(bytesOf(Float32Array.of(1, 2)));
    await next();
    const closed = once(socket, "close");
    const ended = own.server.close();
    expect(JSON.parse(await next())).toMatchObject({ code: "shutting_down" });
    expect((await closed)[0]).toBe(1001);
    await ended;
  });

  test("the place of a stream that closed is free again", async () => {
    const own = await listen({ streams_max: 1 });
    const first = await openSocket(own);
    const second = await openSocket(own);
    expect(JSON.parse(await second.next())).toMatchObject({ code: "overloaded" });
    first.socket.terminate();
    await until(() => own.service.streams.size === 0);
    const third = await openSocket(own);
    third.socket.send('{"seed": 1}');
    third.socket.send('{"logits": [1, 2]}');
    expect(JSON.parse(await third.next())).toMatchObject({ step: 0 });
    third.socket.terminate();
    await own.close();
  });

  test("a plain GET is told to upgrade", async () => {
    const reply = await app.server.inject({ method: "GET", url: "/v1/stream" });
    expect([reply.statusCode, reply.headers["upgrade"], reply.json().code]).toEqual([
      426,
      "websocket",
      "upgrade_required",
    ]);
  });
});
