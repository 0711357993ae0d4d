/** The primary's share of a port: taken with the first worker's, given up at shutdown or with the last process. */
import cluster, { type Worker } from "node:cluster";
import { EventEmitter } from "node:events";
import { afterEach, expect, test, vi } from "vitest";
import { KeptPort } from "../../../src/http/processes/keep-port.ts";

const QUERY = { cmd: "NODE_CLUSTER", act: "queryServer", seq: 7, port: 0, address: "127.0.0.1" };
const LISTENING = { cmd: "NODE_CLUSTER", act: "listening", port: 0, address: "127.0.0.1" };
const KEY = "127.0.0.1:0:4:-1:0";

function workerOf(port: KeptPort, id = 1) {
  const child = Object.assign(new EventEmitter(), { send: vi.fn(() => true) });
  const worker = { id, process: child, isConnected: () => true } as unknown as Worker;
  /** the messages that cluster receives, and their sender */
  const heard: (readonly [id: number, act: string | undefined, seq: number | undefined])[] = [];
  child.on("internalMessage", ({ act, seq }: { act?: string; seq?: number }) =>
    heard.push([worker.id, act, seq]),
  );
  port.watch(worker);
  return { child, worker, heard };
}

const workers = cluster.workers as Record<string, unknown>;
afterEach(() => {
  for (const id of Object.keys(workers ?? {})) delete workers[id];
});

test("the first worker that listens asks for the port in the name of no worker too, and no other does", () => {
  const port = new KeptPort();
  const [first, second] = [workerOf(port, 1), workerOf(port, 2)];
  for (const { child } of [first, second]) child.emit("internalMessage", QUERY);
  expect(port.is_kept).toBe(false);
  for (const { child } of [first, second]) child.emit("internalMessage", LISTENING);
  expect(first.heard).toEqual([
    [1, "queryServer", 7],
    [1, "listening", undefined],
    [-1, "queryServer", undefined],
  ]);
  expect(second.heard.map(([id, act]) => [id, act])).toEqual([
    [2, "queryServer"],
    [2, "listening"],
  ]);
  expect([first.worker.id, port.is_kept]).toEqual([1, true]);
});

test("behind cluster's answer the worker has its own id again: it may be given connections, no worker may not", () => {
  const port = new KeptPort();
  const { child, worker } = workerOf(port);
  const ids: number[] = [];
  child.on("internalMessage", ({ act, seq }: { act?: string; seq?: number }) => {
    if (act !== "queryServer" || seq !== undefined) return;
    ids.push(worker.id);
    (child.send as (message: unknown) => boolean)({ cmd: "NODE_CLUSTER", key: KEY });
    ids.push(worker.id);
  });
  child.emit("internalMessage", QUERY);
  child.emit("internalMessage", LISTENING);
  expect(ids).toEqual([-1, 1]);
});

test("it is given up under the name by which cluster knows the port, once", () => {
  const port = new KeptPort();
  const { child, worker, heard } = workerOf(port);
  child.emit("internalMessage", QUERY);
  child.emit("internalMessage", LISTENING);
  (child.send as (message: unknown) => boolean)({ cmd: "NODE_CLUSTER", ack: 7, key: KEY });
  const told: unknown[] = [];
  child.on("internalMessage", (message) => told.push(message));
  port.release(worker);
  port.release(worker);
  expect(told).toEqual([{ cmd: "NODE_CLUSTER", act: "close", key: KEY }]);
  expect(heard.at(-1)).toEqual([-1, "close", undefined]);
  expect(port.is_kept).toBe(false);
});

test.each([
  ["with the last process", 1, false],
  ["not while another is there", 2, true],
])("when a process ends it is given up %s", (_name, count, kept) => {
  const port = new KeptPort();
  const { child, worker } = workerOf(port);
  for (let id = 1; id <= count; id++) workers[id] = worker;
  child.emit("internalMessage", QUERY);
  child.emit("internalMessage", LISTENING);
  (child.send as (message: unknown) => boolean)({ cmd: "NODE_CLUSTER", ack: 7, key: KEY });
  child.emit("exit");
  expect(port.is_kept).toBe(kept);
});
