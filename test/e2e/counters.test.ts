/**
 * Counts the work that requests cause in the built service, and compares it with the bounds of
 * bench/counters/allowed.ts.
 */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { REQUEST_BOUNDS } from "../../bench/counters/allowed.ts";
import { type CountedService, startCountedService } from "../../bench/counters/service-counts.ts";
import { createScenarios } from "../../evidence/scenarios.ts";
import { V8_FLAGS } from "../../src/http/processes/primary.ts";
import { MALLOC } from "../../src/http/processes/workforce.ts";

/** Waits until code is compiled and the heap has its final size. */
const WARM_UP_REQUESTS = 1500;
const REQUESTS = 1500;

// Page faults and the CPU time of other processes are read from /proc.
describe.skipIf(process.platform !== "linux")("a warm worker", () => {
  let service: CountedService;
  beforeAll(async () => {
    service = await startCountedService();
  });
  afterAll(() => service.stop());

  test("was started with what large bodies need of malloc and of V8", () => {
    const command = readFileSync(`/proc/${service.pid}/cmdline`, "utf8").split("\0");
    const environment = readFileSync(`/proc/${service.pid}/environ`, "utf8").split("\0");
    expect(command).toEqual(expect.arrayContaining(V8_FLAGS));
    expect(environment).toEqual(expect.arrayContaining(Object.entries(MALLOC).map((pair) => pair.join("="))));
  });

  const scenarios = createScenarios().filter(({ name }) => name in REQUEST_BOUNDS);

  test("is held against every bound there is", () => {
    expect(scenarios.map(({ name }) => name).sort()).toEqual(Object.keys(REQUEST_BOUNDS).sort());
  });

  let collections = 0;
  test.each(scenarios)("stays within its page faults and collections: $name", async (scenario) => {
    await service.count(scenario, WARM_UP_REQUESTS);
    const counts = await service.count(scenario, REQUESTS);
    const bounds = REQUEST_BOUNDS[scenario.name]!;
    expect(counts.page_faults, "page faults a request").toBeLessThanOrEqual(bounds.page_faults);
    expect(counts.major_collections, "major collections").toBeLessThanOrEqual(bounds.major_collections);
    expect(counts.minor_collections, "minor collections").toBeLessThanOrEqual(bounds.minor_collections);
    collections += counts.minor_collections + counts.major_collections;
  });

  test("is counted by a counter that counts: so many requests do not come without any collection", () => {
    expect(collections).toBeGreaterThan(0);
  });
});
