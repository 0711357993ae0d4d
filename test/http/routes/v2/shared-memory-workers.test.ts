/**
 * Several workers and their primary keep one table of regions, for every order in which their messages are delivered.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Config, readConfig } from "../../../../src/config/config.ts";
import { Problem } from "../../../../src/errors.ts";
import { createWorkerBus } from "../../../../src/http/bus/bus.ts";
import { createRelay, type Peer } from "../../../../src/http/bus/relay.ts";
import { keepRegions, SharedRegions } from "../../../../src/http/routes/v2/shared-regions.ts";

let directory: string;
let config: Config;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "regions-"));
  for (const key of ["a", "b", "c"]) writeFileSync(join(directory, key), Buffer.alloc(64));
  config = readConfig({
    SHARED_MEMORY: "on",
    SHARED_MEMORY_DIR: directory,
    LOGIT_SAMPLER_SHARED_MEMORY_REGIONS_MAX: "3",
  });
});
afterAll(() => rmSync(directory, { recursive: true }));

interface Worker extends Peer {
  readonly regions: SharedRegions;
}

/** Workers on channels that keep their order and are delivered one message at a time. */
class Cluster {
  readonly workers = new Set<Worker>();
  readonly #queues: (() => void)[][] = [];
  readonly #keeper: Peer = keepRegions(config, (message) => this.#relay.heard(this.#keeper, message));
  readonly #relay = createRelay(
    () => [this.#keeper, ...this.workers],
    () => ({ running: this.workers.size, replaced: 0, silent: 0, log_lines_lost: 0 }),
  );
  #started = 0;

  /** Starts a worker; its table is there when the promise resolves. */
  async start(): Promise<Worker> {
    const up: (() => void)[] = [];
    const down: (() => void)[] = [];
    this.#queues.push(up, down);
    let hear: (message: unknown) => void = () => undefined;
    const bus = createWorkerBus({
      send: (message) => void up.push(() => this.workers.has(worker) && this.#relay.heard(worker, message)),
      onMessage(take) {
        hear = take;
      },
    });
    this.#started += 1;
    const worker: Worker = {
      id: this.#started,
      regions: new SharedRegions(config, bus),
      isConnected: () => this.workers.has(worker),
      send: (message) => void down.push(() => hear(message)),
    };
    this.workers.add(worker);
    await worker.regions.fetch();
    return worker;
  }

  kill(worker: Worker): void {
    this.workers.delete(worker);
    this.#relay.gone(worker);
    worker.regions.memory.remove();
  }

  /** Delivers all messages; `pick` chooses the channel of the next one. */
  async deliver(pick: (count: number) => number = () => 0): Promise<void> {
    for (let idle = 0; idle < 3; ) {
      await new Promise((resolve) => setImmediate(resolve));
      const waiting = this.#queues.filter((queue) => queue.length > 0);
      waiting[pick(waiting.length)]?.shift()?.();
      idle = waiting.length === 0 ? idle + 1 : 0;
    }
  }

  async started(count: number): Promise<Worker[]> {
    const all = Promise.all(Array.from({ length: count }, () => this.start()));
    await this.deliver();
    return all;
  }

  get tables(): string[][] {
    return [...this.workers].map(({ regions }) =>
      regions.memory.regions.map(({ name, key }) => `${name}=${key}`),
    );
  }

  end(): void {
    for (const worker of [...this.workers]) this.kill(worker);
  }
}

const region = (key: string) => ({ key, offset: 0, byte_size: 64 });

describe("a region that one worker registers", () => {
  test("is known to all when the registration is answered, and forgotten by all", async () => {
    const cluster = new Cluster();
    const [first, second] = (await cluster.started(3)) as [Worker, Worker];
    const done = first.regions.register("one", region("a"));
    await cluster.deliver();
    await done;
    expect(cluster.tables).toEqual([["one=a"], ["one=a"], ["one=a"]]);
    const gone = second.regions.unregister("one");
    await cluster.deliver();
    await gone;
    expect(cluster.tables).toEqual([[], [], []]);
    cluster.end();
  });

  test("is known to a worker that starts later, even when all others have died", async () => {
    const cluster = new Cluster();
    const workers = await cluster.started(2);
    const done = workers[0]?.regions.register("one", region("a"));
    await cluster.deliver();
    await done;
    for (const worker of workers) cluster.kill(worker);
    await cluster.started(1);
    expect(cluster.tables).toEqual([["one=a"]]);
    cluster.end();
  });

  test("is refused when another worker took its name at the same moment", async () => {
    const cluster = new Cluster();
    const [first, second] = (await cluster.started(2)) as [Worker, Worker];
    const both = Promise.allSettled([
      first.regions.register("one", region("a")),
      second.regions.register("one", region("b")),
    ]);
    await cluster.deliver();
    expect((await both).map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    const [table, other] = cluster.tables;
    expect(table).toEqual(other);
    cluster.end();
  });
});

test("whatever is registered, forgotten, started and killed, all workers have one table", async () => {
  const action = fc.oneof(
    fc.record({
      do: fc.constant("register" as const),
      name: fc.constantFrom("x", "y", "z", "u"),
      key: fc.constantFrom("a", "b", "c"),
    }),
    fc.record({ do: fc.constant("unregister" as const), name: fc.constantFrom("x", "y", "z", undefined) }),
    fc.record({ do: fc.constant("start" as const) }),
    fc.record({ do: fc.constant("kill" as const) }),
  );
  const run = fc.array(fc.tuple(fc.nat(), action), { minLength: 1, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(run, fc.infiniteStream(fc.nat()), async (steps, picks) => {
      const cluster = new Cluster();
      const pick = (count: number) => (count === 0 ? 0 : (picks.next().value ?? 0) % count);
      await cluster.started(2);
      const refused: unknown[] = [];
      for (const [at, step] of steps) {
        const workers = [...cluster.workers];
        const worker = workers[at % workers.length] as Worker;
        const settle = (promise: Promise<unknown>) => void promise.catch((error) => refused.push(error));
        if (step.do === "start") settle(cluster.start());
        else if (step.do === "kill") workers.length > 1 && cluster.kill(worker);
        else if (step.do === "register") settle(worker.regions.register(step.name, region(step.key)));
        else settle(worker.regions.unregister(step.name));
        if (at % 3 === 0) await cluster.deliver(pick);
      }
      await cluster.deliver(pick);
      const [table, ...others] = cluster.tables;
      for (const other of others) expect(other).toEqual(table);
      expect(refused.every((error) => error instanceof Problem)).toBe(true);
      cluster.end();
    }),
    { numRuns: 100, seed: 4 },
  );
});
