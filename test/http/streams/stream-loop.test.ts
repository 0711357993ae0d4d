import { describe, expect, test } from "vitest";
import type { App } from "../../../src/app.ts";
import { StreamSession } from "../../../src/http/streams/session.ts";
import { StreamLoop, type StreamPipe } from "../../../src/http/streams/stream-loop.ts";
import { LineReader } from "../../../src/wire/stream-reader.ts";
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
