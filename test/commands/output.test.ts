/** Writes to a disk that accepts a part of each write, to a full disk, and to a full pipe. */
import * as fs from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { Lines } from "../../src/commands/rows/lines.ts";
import { removeLeftovers, system, writeAll, writeWhole } from "../../src/commands/rows/output.ts";
import { shardFolder } from "../shards/files.ts";

const { folder } = shardFolder();
const path = (name: string) => join(folder, name);
const failing = (code: string) => Object.assign(new Error(`${code}: it cannot`), { code, syscall: "write" });

afterEach(() => void vi.restoreAllMocks());

/** Accepts at most this number of bytes a call; throws each `error` of the list once before. */
function disk(bytes_a_call: number, room: number, errors: Error[] = []): void {
  let left = room;
  const write = (file: number, bytes: Uint8Array, at: number, length: number, position: number | null) => {
    const error = errors.shift();
    if (error !== undefined) throw error;
    if (left === 0) throw failing("ENOSPC");
    const taken = Math.min(length, bytes_a_call, left);
    left -= taken;
    return fs.writeSync(file, bytes, at, taken, position);
  };
  vi.spyOn(system, "writeSync").mockImplementation(write as typeof fs.writeSync);
}

describe("a file that is written whole", () => {
  test("is, when the system takes a few bytes a call", () => {
    disk(3, 1e9);
    writeWhole(path("parts.json"), "a text of 21 letters\n");
    expect(fs.readFileSync(path("parts.json"), "utf8")).toBe("a text of 21 letters\n");
  });

  test.each([0, 1, 10, 20])(
    "is not there when the disk is full after %i bytes, and leaves nothing",
    (room) => {
      fs.writeFileSync(path("before.json"), "what stood there");
      disk(8192, room);
      expect(() => writeWhole(path("before.json"), "a text of 21 letters\n")).toThrow(
        `${path("before.json")} cannot be written: ENOSPC`,
      );
      expect(fs.readFileSync(path("before.json"), "utf8")).toBe("what stood there");
      expect(fs.readdirSync(folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
    },
  );
});

test("a full pipe is waited for, a closed one is an error", () => {
  const file = fs.openSync(path("pipe"), "w");
  disk(4, 1e9, [failing("EAGAIN"), failing("EAGAIN")]);
  writeAll(file, Buffer.from("0123456789"), null);
  expect(fs.readFileSync(path("pipe"), "utf8")).toBe("0123456789");
  disk(4, 1e9, [failing("EPIPE")]);
  expect(() => writeAll(file, Buffer.from("0123456789"), null)).toThrow("EPIPE");
  fs.closeSync(file);
});

describe("lines of rows", () => {
  test("are an error on a full disk, with what was written before", () => {
    disk(5, 12);
    const lines = new Lines(path("full.ndjson"), 0);
    lines.push({ row: 1 });
    lines.push({ row: 2 });
    expect(() => lines.close()).toThrow("ENOSPC");
    expect(fs.readFileSync(path("full.ndjson"), "utf8")).toBe('{"row":1}\n{"');
  });

  test("go on behind those that stay, which must be there", () => {
    fs.writeFileSync(path("some.ndjson"), '{"row":1}\n{"row":2}\n{"r');
    disk(1e9, 1e9);
    const lines = new Lines(path("some.ndjson"), 10);
    lines.push({ row: 3 });
    lines.close();
    expect(fs.readFileSync(path("some.ndjson"), "utf8")).toBe('{"row":1}\n{"row":3}\n');
    expect(() => new Lines(path("some.ndjson"), 21)).toThrow("must hold at least the 21 bytes");
  });
});

test("what killed runs left beside a file is removed, what others write is not", () => {
  const dead = 2 ** 22 + 1; // above the largest process id
  for (const name of [
    `x.json.${dead}.tmp`,
    `x.json.${process.pid}.tmp`,
    `x.json.${process.ppid}.tmp`,
    "x.json.tmp",
  ])
    fs.writeFileSync(path(name), "");
  fs.writeFileSync(path(`y.json.${dead}.tmp`), "");
  removeLeftovers(path("x.json"));
  expect(
    fs
      .readdirSync(folder)
      .filter((name) => name.includes(".tmp"))
      .sort(),
  ).toEqual([`x.json.${process.ppid}.tmp`, "x.json.tmp", `y.json.${dead}.tmp`].sort());
});
