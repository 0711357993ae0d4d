import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { randomRow } from "../../sampling/sample.ts";
import { openDuplex, rowFrame, textFrame } from "../duplex.ts";
import { type Listening, listen, until } from "../listening.ts";

const LINES = { "content-type": "application/x-ndjson" };

let app: Listening;
beforeAll(async () => {
  app = await listen();
});
afterAll(() => app.close());

describe("what ends a stream before it began", () => {
  test.each([
    ["an option that is none", LINES, '{"top": 1}\n', 422, "unknown_option", "/top"],
    ["an option out of range", {}, textFrame({ top_p: 2 }), 422, "invalid_option", "/top_p"],
    ["options that are no object", LINES, "[1]\n", 422, "invalid_option", ""],
    ["options that are not JSON", LINES, "{\n", 400, "malformed_json", ""],
    ["a row where the options should be", LINES, '{"logits": [1, 2]}\n', 422, "unknown_option", "/logits"],
    ["a dtype that is none", {}, textFrame({ dtype: "f64" }), 422, "invalid_option", "/dtype"],
    ["a shape of too many rows", {}, textFrame({ shape: [9, 4] }), 422, "invalid_option", "/shape"],
    [
      "a shape of rows that nothing combines",
      {},
      textFrame({ shape: [2, 4] }),
      422,
      "option_conflict",
      "/combine",
    ],
    ["a shape that is too large", {}, textFrame({ shape: [5000] }), 422, "limit_exceeded", "/shape"],
    ["a type that is not taken", { "content-type": "text/csv" }, "1,2\n", 415, "unsupported_media_type", ""],
    ["a body in gzip", { "content-encoding": "gzip" }, "x", 415, "unsupported_media_type", ""],
    ["a first frame that is too long", {}, Buffer.from([0xff, 0xff, 0xff, 0x7f]), 422, "limit_exceeded", ""],
  ])("%s", async (_, headers, bytes, status, code, pointer) => {
    const stream = openDuplex(app.url, headers);
    stream.write(bytes);
    const head = await stream.head();
    expect(head.statusCode).toBe(status);
    expect(await stream.line()).toMatchObject({ status, code, pointer });
    stream.outgoing.destroy();
  });

  test("no bytes at all", async () => {
    const stream = openDuplex(app.url);
    expect(await stream.rest()).toMatchObject([{ status: 400, code: "body_missing" }]);
  });

  test("options in the query string", async () => {
    const reply = await app.server.inject({ method: "POST", url: "/v1/stream?seed=1", payload: "{}" });
    expect(reply.json()).toMatchObject({ status: 422, code: "option_conflict" });
  });

  test("no place left", async () => {
    const small = await listen({ streams_max: 1 });
    const first = openDuplex(small.url);
    first.write(textFrame({}));
    await first.head();
    const second = openDuplex(small.url);
    second.write(textFrame({}));
    expect((await second.head()).headers["retry-after"]).toBe("1");
    expect(await second.line()).toMatchObject({ status: 503, code: "overloaded" });
    await first.rest();
    second.outgoing.destroy();
    await small.close();
  });
});

describe("what ends a stream with its last line", () => {
  test.each([
    ["a line that is not JSON", LINES, "{}\n", "{,}\n", "malformed_json", ""],
    ["a message that is no object", LINES, "{}\n", "7\n", "invalid_option", ""],
    ["a type that is none", LINES, "{}\n", '{"type": "go"}\n', "invalid_option", "/type"],
    ["an update out of range", LINES, "{}\n", '{"type": "update", "top_p": 2}\n', "invalid_option", "/top_p"],
    [
      "rewinding past the opening",
      LINES,
      "{}\n",
      '{"type": "rewind", "steps": 1}\n',
      "invalid_option",
      "/steps",
    ],
    ["a stray field", LINES, "{}\n", '{"type": "rewind", "n": 1}\n', "unknown_option", "/n"],
    [
      "a frame of a row that is too long",
      {},
      textFrame({}),
      Buffer.from([1, 64, 0, 0]),
      "limit_exceeded",
      "",
    ],
  ])("%s", async (_, headers, opening, message, code, pointer) => {
    const stream = openDuplex(app.url, headers);
    stream.write(opening);
    stream.write(message);
    expect(await stream.line()).toMatchObject({ code, pointer });
    expect(await stream.line()).toBeUndefined();
    stream.outgoing.destroy();
  });

  test("an end inside a frame", async () => {
    const stream = openDuplex(app.url);
    stream.write(Buffer.concat([textFrame({}), rowFrame([1, 2]).subarray(0, 9)]));
    expect(await stream.rest()).toMatchObject([
      { code: "length_mismatch", detail: "the stream ends inside a frame, 3 bytes before its end" },
    ]);
  });

  test("a history as long as it may be is a problem of the row, not of the stream", async () => {
    const small = await listen({ history_length_max: 1 });
    const stream = openDuplex(small.url);
    stream.write(Buffer.concat([textFrame({}), rowFrame([1, 2]), rowFrame([1, 2])]));
    expect(await stream.rest()).toMatchObject([{ step: 0 }, { code: "limit_exceeded" }]);
    await small.close();
  });

  test("standing still for too long, between messages and inside one", async () => {
    const impatient = await listen({ stream_idle_ms: 30, body_timeout_ms: 60 });
    const idle = openDuplex(impatient.url);
    idle.write(textFrame({}));
    const stuck = openDuplex(impatient.url);
    stuck.write(Buffer.concat([textFrame({}), rowFrame([1, 2]).subarray(0, 6)]));
    expect(await idle.line()).toMatchObject({ status: 408, code: "body_timeout" });
    expect(await stuck.line()).toMatchObject({ status: 408, code: "body_timeout" });
    expect(impatient.service.admission.rows_out).toBe(0);
    for (const { outgoing } of [idle, stuck]) outgoing.destroy();
    await impatient.close();
  });
});

describe("rows and places are given back", () => {
  test("an idle stream holds no row, and one that is cut inside a row returns it", async () => {
    const own = await listen({ rows_max: 1, queue_max: 0, body_rate_min: 0 });
    const idle = openDuplex(own.url);
    idle.write(Buffer.concat([textFrame({}), rowFrame([1, 2])]));
    await idle.line();
    expect(own.service.admission.rows_out).toBe(0);
    const cut = openDuplex(own.url);
    cut.write(Buffer.concat([textFrame({}), rowFrame([1, 2]), rowFrame([1, 2]).subarray(0, 6)]));
    await cut.line();
    expect(own.service.admission.rows_out).toBe(1);
    idle.write(rowFrame([1, 2]));
    expect(await idle.line()).toMatchObject({ status: 503, code: "overloaded" });
    cut.outgoing.destroy();
    await until(() => own.service.streams.size === 1);
    expect(own.service.admission.rows_out).toBe(0);
    idle.write(rowFrame([2, 1]));
    expect(await idle.line()).toMatchObject({ step: 1 });
    await idle.rest();
    await own.close();
  });

  test("a reader that is slow gets every line in the end, in order", async () => {
    const stream = openDuplex(app.url);
    const frame = rowFrame(randomRow(300, 9, false));
    stream.write(textFrame({ seed: 1, top_logprobs: 200 }));
    const head = await stream.head();
    head.pause();
    for (let row = 0; row < 600; row++) stream.write(frame);
    // Everything is sent before anything is read: only a server that waits can do this with little memory.
    await once(head.socket, "drain");
    head.resume();
    expect((await stream.rest()).map(({ step }) => step)).toEqual(Array.from({ length: 600 }, (_, i) => i));
  });

  test("a server that closes answers the row that is arriving, says goodbye, and ends", async () => {
    const own = await listen();
    const idle = openDuplex(own.url);
    idle.write(textFrame({ seed: 1 }));
    const busy = openDuplex(own.url);
    const frame = rowFrame([1, 2]);
    busy.write(Buffer.concat([textFrame({ seed: 1 }), frame, frame.subarray(0, 7)]));
    await Promise.all([idle.head(), busy.line()]);
    const closed = own.server.close();
    expect(await idle.line()).toMatchObject({ status: 503, code: "shutting_down" });
    busy.write(frame.subarray(7));
    expect(await busy.line()).toMatchObject({ step: 1 });
    expect(await busy.line()).toMatchObject({ code: "shutting_down" });
    expect([await idle.rest(), await busy.rest()]).toEqual([[], []]);
    await closed;
    expect(own.service.streams.size).toBe(0);
  });
});
