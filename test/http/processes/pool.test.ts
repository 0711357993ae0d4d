/** Which workers serve and which are spares, through deaths in any order. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Pool } from "../../../src/http/processes/pool.ts";

/** A pool of numbered workers, and the requests that it made. */
function poolOf(serving: number, spare: number) {
  const asked = { started: 0, later: 0, served: [] as number[], gave_up: false };
  const pool = new Pool<number>({
    serving,
    spare,
    start: () => {
      asked.started += 1;
    },
    serve: (worker) => asked.served.push(worker),
    startLater: () => {
      asked.later += 1;
    },
    giveUp: () => {
      asked.gave_up = true;
    },
  });
  return { pool, asked };
}

describe("a pool of two and one that stands by", () => {
  test("starts the spare only when all serve, and lets it wait", () => {
    const { pool, asked } = poolOf(2, 1);
    expect(asked.started).toBe(2);
    for (const worker of [1, 2]) pool.ready(worker);
    expect(asked.served).toEqual([1, 2]);
    expect([pool.listens(1), asked.started, pool.listens(2), asked.started]).toEqual([false, 2, true, 3]);
    pool.ready(3);
    expect(asked.served).toEqual([1, 2]);
  });

  test("lets the spare serve at once when one dies, and loads another", () => {
    const { pool, asked } = poolOf(2, 1);
    for (const worker of [1, 2]) pool.ready(worker);
    for (const worker of [1, 2]) pool.listens(worker);
    pool.ready(3);
    pool.died(1);
    expect(asked).toEqual({ started: 4, later: 0, served: [1, 2, 3], gave_up: false });
    expect(pool.replaced).toBe(1);
  });

  test("replaces a spare that dies", () => {
    const { pool, asked } = poolOf(1, 1);
    pool.ready(1);
    pool.listens(1);
    pool.ready(2);
    pool.died(2);
    expect([asked.started, asked.served]).toEqual([3, [1]]);
  });
});

describe("a worker that leaves", () => {
  function running() {
    const { pool, asked } = poolOf(2, 1);
    for (const worker of [1, 2, 3]) pool.ready(worker);
    for (const worker of [1, 2]) pool.listens(worker);
    return { pool, asked };
  }

  test("is replaced at once, and not again when it is gone", () => {
    const { pool, asked } = running();
    pool.leaves(1);
    expect([asked.served, asked.started, pool.replaced]).toEqual([[1, 2, 3], 4, 1]);
    expect([[...pool.leaving], [...pool.listening]]).toEqual([[1], [2]]);
    pool.leaves(1);
    pool.died(1);
    expect([asked.started, pool.replaced, pool.leaving.size]).toEqual([4, 1, 0]);
  });

  test("is replaced when it stands by, too", () => {
    const { pool, asked } = running();
    pool.leaves(3);
    expect([asked.started, asked.served]).toEqual([4, [1, 2]]);
  });
});

describe("a worker that could not begin", () => {
  test("ends the service when none serves", () => {
    const { pool, asked } = poolOf(2, 1);
    pool.died(1);
    expect([asked.gave_up, asked.started]).toEqual([true, 2]);
  });

  test("is tried again later while others serve", () => {
    const { pool, asked } = poolOf(1, 1);
    pool.ready(1);
    pool.listens(1);
    pool.died(2);
    expect([asked.gave_up, asked.later]).toEqual([false, 1]);
  });
});

test("after any death, the right number of workers serves once the started ones are loaded", () => {
  const deaths = fc.array(fc.nat(), { maxLength: 30 });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 0, max: 2 }),
      deaths,
      (serving, spare, who) => {
        const { pool, asked } = poolOf(serving, spare);
        const alive: number[] = [];
        let loaded = 0;
        const settle = () => {
          while (loaded < asked.started) {
            loaded += 1;
            alive.push(loaded);
            pool.ready(loaded);
            for (const worker of asked.served.splice(0)) pool.listens(worker);
          }
        };
        settle();
        for (const index of who) {
          const [dead] = alive.splice(index % alive.length, 1);
          pool.died(dead as number);
          for (const worker of asked.served.splice(0)) pool.listens(worker);
          settle();
          expect(pool.listening.size).toBe(serving);
          expect(alive).toHaveLength(serving + spare);
        }
      },
    ),
  );
});
