import { describe, expect, test } from "vitest";
import type { App } from "../../../src/app.ts";
import { StreamSession } from "../../../src/http/streams/session.ts";
import { StreamLoop, type StreamPipe } from "../../../src/http/streams/stream-loop.ts";
import { FrameReader, LineReader } from "../../../src/wire/stream-reader.ts";
import { listen, until } from "../listening.ts";

/** A connection with a list of input; its reader accepts `room` lines at a time. */
class FakePipe implements StreamPipe {
  readonly calls: string[] = [];
  readonly lines: string[] = [];
  room: number;
  #then: (() => void) | undefined;

  constructor(room: number) {
    this.room = room;
  }

  opened = () => this.#note("opened");
  pause = () => this.#note("pause");
  resume = () => this.#note("resume");
  refuse = () => this.#note("refuse");
  end = () => this.#note("end");

  send(line: string): boolean {
    this.lines.push(line);
    this.room -= 1;
    return this.room > 0;
  }

  whenDrained(then: () => void): void {
    this.#then = then;
  }

  /** The reader has read everything and accepts this number of further lines. */
  drain(room: number): void {
    const then = this.#then;
    this.#then = undefined;
    this.room = room;
    then?.();
  }

  #note(call: string): void {
    this.calls.push(call);
  }
}

function driven({ service, server }: App, pipe: StreamPipe) {
  const session = new StreamSession(service, "id", "");
  const reader = new LineReader(session.context, { message_bytes_max: 1e6 });
  const loop = new StreamLoop(service, session, reader, { pipe, log: server.log, turn_ms: 60_000 });
  const feed = (text: string) => {
    reader.write(Buffer.from(text));
    loop.advance();
  };
  return { loop, feed };
}

const TEXT_BIT = 0x8000_0000;

function frame(bytes: Buffer, bit: number): Buffer {
  const prefix = Buffer.alloc(4);
  prefix.writeUInt32LE(bytes.length + bit);
  return Buffer.concat([prefix, bytes]);
}

const ROW = '{"logits": [1, 2]}\n';

describe("a stream over a connection that can be watched", () => {
  test("answers no more than the reader of its lines takes, and reads no further meanwhile", async () => {
    const app = await listen();
    const pipe = new FakePipe(2);
    const { loop, feed } = driven(app, pipe);
    loop.start();
    feed(`{"seed": 1}\n${ROW.repeat(5)}`);
    await until(() => pipe.lines.length >= 2);
    expect(pipe.lines).toHaveLength(2);
    expect(pipe.calls.at(-1)).toBe("pause");
    loop.advance();
    expect(pipe.lines).toHaveLength(2);
    pipe.drain(1);
    // In this turn of the event loop, or in the next when this one is full.
    await until(() => pipe.lines.length >= 3);
    loop.end();
    expect(pipe.lines).toHaveLength(3);
    pipe.drain(99);
    await until(() => pipe.calls.at(-1) === "end");
    expect(pipe.lines).toHaveLength(5);
    await app.close();
  });

  test("the first part of a row takes no turn, and its last part takes one", async () => {
    const app = await listen();
    const { service, server } = app;
    let turns = 0;
    const spent = service.admission.spent.bind(service.admission);
    service.admission.spent = (ticket, ms) => {
      turns += 1;
      spent(ticket, ms);
    };
    const pipe = new FakePipe(9);
    const session = new StreamSession(service, "id", "");
    const reader = new FrameReader(session.context, { message_bytes_max: 1e6 });
    const loop = new StreamLoop(service, session, reader, { pipe, log: server.log, turn_ms: 60_000 });
    loop.start();
    loop.take(frame(Buffer.from('{"seed": 1}'), TEXT_BIT));
    await until(() => turns === 1);
    const row = frame(Buffer.from(new Float32Array([1, 2, 3]).buffer), 0);
    // Of the prefix, the first element, half of the second one, and the rest.
    for (const [from, to] of [
      [0, 8],
      [8, 10],
    ])
      loop.take(row.subarray(from, to));
    expect([turns, pipe.lines.length, reader.inside, service.admission.rows_out]).toEqual([1, 0, true, 1]);
    loop.take(row.subarray(10));
    await until(() => pipe.lines.length === 1);
    expect([turns, reader.inside, service.admission.rows_out]).toEqual([2, false, 0]);
    // A whole row takes a turn, and so does a part of a prefix.
    loop.take(row);
    await until(() => pipe.lines.length === 2);
    expect(turns).toBe(3);
    loop.take(row.subarray(0, 2));
    await until(() => turns === 4);
    loop.stop();
    await app.close();
  });

  test("no line follows when the connection goes while it waits", async () => {
    const app = await listen();
    const pipe = new FakePipe(1);
    const { loop, feed } = driven(app, pipe);
    loop.start();
    feed(`{"seed": 1}\n${ROW.repeat(3)}`);
    await until(() => pipe.lines.length === 1);
    loop.stop();
    pipe.drain(99);
    expect(pipe.lines).toHaveLength(1);
    expect(app.service.streams.size).toBe(0);
    await app.close();
  });

  test("a stream that ends while its answers are awaited is ended once they are read", async () => {
    const app = await listen();
    const pipe = new FakePipe(1);
    const { loop, feed } = driven(app, pipe);
    loop.start();
    feed(`{"seed": 1}\n${ROW.repeat(2)}`);
    await until(() => pipe.lines.length === 1);
    loop.finish();
    expect(pipe.calls).not.toContain("end");
    pipe.drain(99);
    await until(() => pipe.calls.at(-1) === "end");
    expect(pipe.lines.map((line) => (JSON.parse(line) as { code?: string }).code)).toEqual([
      undefined,
      undefined,
      "shutting_down",
    ]);
    expect(pipe.calls.at(-1)).toBe("end");
    await app.close();
  });
});
