/** Questions from one worker to all others, over channels that are plain function calls here. */
import { describe, expect, test, vi } from "vitest";
import { type Bus, type BusMessage, createLocalBus, createWorkerBus } from "../../../src/http/bus/bus.ts";
import { createRelay, type Peer } from "../../../src/http/bus/relay.ts";

const COUNTS = { running: 2, replaced: 0, silent: 0, log_lines_lost: 0 };

/** A primary with workers; each has a bus and can be cut off. */
function cluster(size: number) {
  const workers: (Peer & { readonly bus: Bus; deaf: boolean })[] = [];
  const relay = createRelay(
    () => workers,
    () => COUNTS,
  );
  for (let id = 1; id <= size; id++) {
    let take: (message: unknown) => void = () => undefined;
    const bus = createWorkerBus({
      send: (message: BusMessage) => relay.heard(worker, message),
      onMessage: (hear) => {
        take = hear;
      },
    });
    const worker = {
      id,
      bus,
      deaf: false,
      isConnected: () => true,
      send: (message: BusMessage) => worker.deaf || take(message),
    };
    workers.push(worker);
  }
  return { workers, relay };
}

describe("a question", () => {
  test("goes to all workers, the one that asks included, and their answers come together", async () => {
    const { workers } = cluster(3);
    for (const { bus, id } of workers) bus.answer("double", (body) => [id, Number(body) * 2]);
    const { replies, workers: counts } = await workers[1]!.bus.ask("double", 21);
    expect(replies).toEqual(
      expect.arrayContaining([
        [1, 42],
        [2, 42],
        [3, 42],
      ]),
    );
    expect(counts).toEqual(COUNTS);
  });

  test("reaches every worker in one order", async () => {
    const { workers } = cluster(3);
    const heard: string[][] = [[], [], []];
    for (const [index, { bus }] of workers.entries())
      bus.answer("say", (body) => heard[index]?.push(String(body)));
    await Promise.all(
      [0, 1, 2, 0, 1].map((from, order) => workers[from]!.bus.ask("say", `${from} ${order}`)),
    );
    expect(heard[1]).toEqual(heard[0]);
    expect(heard[2]).toEqual(heard[0]);
    expect(heard[0]).toHaveLength(5);
  });

  test("is answered without a worker that fails, or that knows nothing of its topic", async () => {
    const { workers } = cluster(3);
    workers[0]!.bus.answer("well", () => "yes");
    workers[1]!.bus.answer("well", () => {
      throw new Error("not well");
    });
    expect((await workers[2]!.bus.ask("well", null)).replies).toEqual(["yes"]);
  });

  test("is answered without a worker that dies before it replies", async () => {
    const { workers, relay } = cluster(2);
    for (const { bus, id } of workers) bus.answer("who", () => id);
    workers[1]!.deaf = true;
    const asked = workers[0]!.bus.ask("who", null);
    relay.gone(workers[1]!);
    expect((await asked).replies).toEqual([1]);
  });

  test("is answered without a worker that is silent for too long", async () => {
    vi.useFakeTimers();
    try {
      const { workers } = cluster(2);
      for (const { bus, id } of workers) bus.answer("who", () => id);
      workers[1]!.deaf = true;
      const asked = workers[0]!.bus.ask("who", null);
      await vi.advanceTimersByTimeAsync(1000);
      expect((await asked).replies).toEqual([1]);
    } finally {
      vi.useRealTimers();
    }
  });
});

test("a process that is alone asks itself", async () => {
  const bus = createLocalBus();
  bus.answer("who", () => "me");
  expect(await bus.ask("who", null)).toEqual({
    replies: ["me"],
    workers: { running: 1, replaced: 0, silent: 0, log_lines_lost: 0 },
  });
  expect((await bus.ask("what", null)).replies).toEqual([]);
});
