/**
 * llama.cpp's adapter, compiled with every warning as an error: its draws from the service, and its behaviour with a
 * server that answers wrongly, endlessly, or very slowly. llama.cpp aborts when a sampler selects nothing.
 */
import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { listen } from "../http/listening.ts";

const ROOT = new URL("../..", import.meta.url).pathname;
const FLAGS = ["-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", "-Wno-missing-field-initializers"];
/** Above the adapter's own timeout of one second, and far below a hang. */
const ENDED_MS = 10_000;
const LARGEST = 5;

const folder = mkdtempSync(join(tmpdir(), "logit-sampler-llama-"));
const host = join(folder, "host");
let compiles = true;

beforeAll(() => {
  const paths = [`-I${ROOT}test/adapters/llama`, `-I${ROOT}adapters/llama.cpp`];
  const sources = ["adapters/llama.cpp/logit_sampler.c", "test/adapters/llama/host.c"].map(
    (each) => ROOT + each,
  );
  try {
    execFileSync("cc", ["--version"], { stdio: "ignore" });
  } catch {
    compiles = false;
    return;
  }
  execFileSync("cc", [...FLAGS, ...paths, ...sources, "-o", host]);
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true }));

/** The host's output, line by line. */
async function run(port: number, mode: "draw" | "clone", options = "{}", env = {}): Promise<string[]> {
  const { stdout } = await promisify(execFile)(host, [String(port), mode, options], {
    timeout: ENDED_MS,
    env: { ...process.env, ...env },
  });
  return stdout.trim().split("\n");
}

/** A server that answers the check of the options correctly, and the stream with `answer`. */
async function against<T>(
  answer: (socket: Socket, frames: readonly Buffer[]) => void,
  use: (port: number) => Promise<T>,
  check: (socket: Socket) => void = (socket) => socket.end("HTTP/1.1 200 OK\r\n\r\n"),
): Promise<T> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on("error", () => undefined));
    let seen = Buffer.alloc(0);
    const told = { head: false, frames: 0 };
    socket.on("data", (chunk) => {
      seen = Buffer.concat([seen, chunk]);
      const end = seen.indexOf("\r\n\r\n");
      if (end < 0) return;
      if (!seen.subarray(0, end).includes("Upgrade")) check(socket);
      else {
        const frames = framesOf(seen.subarray(end + 4));
        const news = frames.length > told.frames || !told.head;
        Object.assign(told, { head: true, frames: frames.length });
        if (news) answer(socket, frames);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    return await use((server.address() as { port: number }).port);
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
}

/** The complete frames: a length of four bytes, then that number of bytes. */
function framesOf(bytes: Buffer): Buffer[] {
  const frames: Buffer[] = [];
  for (let at = 0; at + 4 <= bytes.length; ) {
    const length = bytes.readUInt32LE(at) & 0x7fffffff;
    if (at + 4 + length > bytes.length) break;
    frames.push(bytes.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return frames;
}

const OPEN = "HTTP/1.1 101 Switching Protocols\r\n\r\n";
const reply = (token_id: unknown, more = "") =>
  `${OPEN}{"token_id":${token_id},"state":null,"seed":"7"${more}}\n`;

/** Answers once both frames, options and row, have arrived. */
const withReply = (text: string) => (socket: Socket, frames: readonly Buffer[]) => {
  if (frames.length === 0) socket.write(text.slice(0, OPEN.length));
  else if (frames.length === 2) socket.write(text.slice(OPEN.length));
};

/** Sends a text over and over until the client disconnects. */
function endlessly(text: string, beginning = ""): (socket: Socket) => void {
  return (socket) => {
    if (socket.bytesWritten > 0) return;
    socket.write(beginning);
    const send = () => {
      while (!socket.destroyed && socket.write(text));
      if (!socket.destroyed) socket.once("drain", send);
    };
    send();
  };
}

function dripping(text: string): (socket: Socket) => void {
  return (socket) => {
    let at = 0;
    const timer = setInterval(
      () => (socket.destroyed ? clearInterval(timer) : socket.write(text[at++ % text.length] ?? "")),
      50,
    );
    socket.on("close", () => clearInterval(timer));
  };
}

describe("with the service", () => {
  test("it draws what a plain call draws, and a clone goes on with the state", async (context) => {
    if (!compiles) return context.skip();
    const app = await listen();
    try {
      const port = Number(new URL(app.url).port);
      expect(await run(port, "draw", '{"temperature": 0}')).toEqual([`selected ${LARGEST}: drawn`]);
      const lines = await run(port, "clone", '{"mirostat": 2, "seed": 7}');
      for (const line of lines) expect(line).toMatch(/^selected [0-7]: drawn$/);
      expect(lines).toHaveLength(2);
      expect(await run(port, "draw", '{"temprature": 1}')).toEqual([
        expect.stringContaining('refused: the service refused: "there is no option'),
      ]);
    } finally {
      await app.close();
    }
  });
});

describe("a server that answers wrongly", () => {
  test.each([
    ["a token that is no candidate", "1"],
    ["one outside of the vocabulary", "4000000000"],
    ["one below 0", "-2"],
    ["text", '"4"'],
    ["a fraction", "4.5"],
    ["nothing", ""],
  ])("with %s gets the largest logit selected, and the reason told", async (_, token_id) => {
    if (!compiles) return;
    const [line] = await against(withReply(reply(token_id)), (port) => run(port, "draw"));
    expect(line).toBe(`selected ${LARGEST}: the service answers with what is no candidate: its token_id`);
  });

  test("a candidate's id is selected", async () => {
    if (!compiles) return;
    expect(await against(withReply(reply("4")), (port) => run(port, "draw"))).toEqual(["selected 2: drawn"]);
  });

  test("a state of 100,000 characters is brought along whole", async () => {
    if (!compiles) return;
    const state = { mirostat: { mu: 9.5 }, text: 'x\\"'.repeat(33_333) };
    const opened: string[] = [];
    const answer = (socket: Socket, frames: readonly Buffer[]) => {
      if (frames.length === 0) socket.write(OPEN);
      if (frames.length !== 2) return;
      opened.push(String(frames[0]));
      socket.write(`{"token_id":4,"state":${JSON.stringify(state)},"seed":"7"}\n`);
    };
    expect(await against(answer, (port) => run(port, "clone"))).toEqual([
      "selected 2: drawn",
      "selected 2: drawn",
    ]);
    expect(JSON.parse(opened[1] ?? "")).toMatchObject({ state, seed: "7", history: [4] });
  });

  test("a long key is sent whole", async () => {
    if (!compiles) return;
    const key = "k".repeat(5000);
    let head = "";
    const server = createServer((socket) =>
      socket.once("data", (chunk) => {
        head = String(chunk);
        socket.end("HTTP/1.1 401 No\r\n\r\n");
      }),
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    await run((server.address() as { port: number }).port, "draw", "{}", { HOST_KEY: key });
    server.close();
    expect(head).toContain(`Authorization: Bearer ${key}\r\n`);
  });
});

describe("a server without end", () => {
  const HEAD = "HTTP/1.1 101 Switching Protocols\r\n";
  test.each([
    ["an endless head", endlessly(`${HEAD}X: ${"a".repeat(60_000)}\r\n`), "more than this adapter reads"],
    [
      "an endless line",
      endlessly("a".repeat(1_000_000), `${OPEN}{"token_id": 4, "x": "`),
      "more than this adapter reads",
    ],
    ["zeros", endlessly("\0".repeat(100_000)), "more than this adapter reads"],
    ["a head that drips", dripping(HEAD), "nothing: "],
    ["silence", () => undefined, "Connection timed out"],
  ])(
    "%s ends, with the largest logit",
    async (_, answer, why) => {
      if (!compiles) return;
      const [line] = await against(answer, (port) => run(port, "draw"));
      expect(line).toContain(`selected ${LARGEST}: the service answers`);
      expect(line).toContain(why);
    },
    20_000,
  );

  test.each([
    ["an endless problem", endlessly('HTTP/1.1 422 No\r\n\r\n{"detail": "no", "x": "aaaaaaaaaaaaaa')],
    ["a problem that drips", dripping("HTTP/1.1 422 No\r\n\r\n")],
    ["silence", () => undefined],
  ])(
    "%s at the check of the options is a refusal",
    async (_, check) => {
      if (!compiles) return;
      const [line] = await against(
        () => undefined,
        (port) => run(port, "draw"),
        check,
      );
      expect(line).toMatch(/^refused: the service /);
    },
    20_000,
  );
});
