/** Real conditions of standard output: a full disk, a closed reader, a slow reader. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test } from "vitest";
import { LogOutput } from "../../../src/http/observe/log-output.ts";

const folders: string[] = [];
const opened: number[] = [];
afterEach(() => {
  for (const fd of opened.splice(0)) closeSync(fd);
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function file(path: string): number {
  const fd = openSync(path, "a");
  opened.push(fd);
  return fd;
}

function newFile(): { path: string; fd: number } {
  const folder = mkdtempSync(join(tmpdir(), "log-"));
  folders.push(folder);
  const path = join(folder, "log");
  return { path, fd: file(path) };
}

test("lines go to a file at once, in order", () => {
  const { path, fd } = newFile();
  const output = new LogOutput(fd);
  for (const line of ["one\n", "two\n", "three\n"]) output.write(line);
  expect([readFileSync(path, "utf8"), output.lost]).toEqual(["one\ntwo\nthree\n", 0]);
});

test.runIf(process.platform === "linux")("a full disk loses lines and nothing else", () => {
  const output = new LogOutput(file("/dev/full"));
  for (let line = 0; line < 3; line++) output.write("lost\n");
  expect(output.lost).toBe(3);
});

test("what is no output at all loses lines and nothing else", () => {
  const fd = openSync(fileURLToPath(import.meta.url), "r");
  opened.push(fd);
  const output = new LogOutput(fd);
  output.write("lost\n");
  expect(output.lost).toBe(1);
});

/**
 * A process that writes lines of 1000 bytes to a pipe, reports how many were lost, and writes one more on request. It
 * reports over a separate channel.
 */
const WRITER = `
  const { openStandardOutput } = await import(${JSON.stringify(new URL("../../../src/http/observe/log-output.ts", import.meta.url).href)});
  const output = openStandardOutput();
  process.on("message", ({ lines }) => {
    for (let line = 0; line < lines; line++) output.write(String(line).padEnd(999, ".") + "\\n");
    process.send({ lost: output.lost, waiting_bytes: output.waiting_bytes });
  });
  process.on("disconnect", () => process.exit());
  process.send("ready");
`;

async function writer(): Promise<ChildProcess> {
  const args = ["--import", "tsx", "--input-type=module", "--eval", WRITER];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit", "ipc"] });
  await once(child, "message");
  return child;
}

interface Told {
  readonly lost: number;
  readonly waiting_bytes: number;
}

async function write(child: ChildProcess, lines: number): Promise<Told> {
  const answer = once(child, "message");
  child.send({ lines });
  const [told] = (await answer) as [Told];
  return told;
}

describe("a pipe", () => {
  test("whose reader reads nothing keeps what fits, loses the rest, and delays no request", async () => {
    const child = await writer();
    expect((await write(child, 1000)).lost).toBe(0);
    // The pipe has room for some ten thousand bytes, and a megabyte waits.
    const { lost } = await write(child, 1000);
    expect(lost).toBeGreaterThan(500);
    expect(lost).toBeLessThan(1000);
    const read = text(child.stdout!);
    // When the pipe is read again, the waiting lines arrive complete and in order.
    const kept = 2000 - lost;
    while ((await write(child, 0)).waiting_bytes > 0);
    child.disconnect();
    const lines = (await read).trimEnd().split("\n");
    expect(lines.length).toBe(kept);
    expect(lines.map((line) => Number.parseInt(line, 10))).toEqual(
      Array.from({ length: kept }, (_, line) => (line < 1000 ? line : line - 1000)),
    );
  });

  test("whose reader is gone loses lines and nothing else", async () => {
    const child = await writer();
    child.stdout!.destroy();
    await once(child.stdout!, "close");
    expect((await write(child, 3)).lost).toBe(3);
    const ended = once(child, "exit");
    child.disconnect();
    expect(await ended).toEqual([0, null]);
  });
});
