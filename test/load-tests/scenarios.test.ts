import { afterAll, beforeAll, expect, test } from "vitest";
import { rawLoad } from "../../evidence/raw-client.ts";
import { createScenarios, createStreamScenarios } from "../../evidence/scenarios.ts";
import { measureRaw } from "../../load-tests/measure.ts";
import { rawStreams } from "../../load-tests/raw-stream.ts";
import { type Listening, listen } from "../http/listening.ts";

let app: Listening;
beforeAll(async () => {
  app = await listen({ vocab_size_max: 131_072 });
});
afterAll(() => app.close());

test.each(createScenarios())("$name is answered, and each time with the same bytes", async (scenario) => {
  const limits = { connections: 2, duration_ms: 60_000, requests_max: 4 };
  expect(await rawLoad(app.url, scenario, limits)).toMatchObject({ requests: 4, refused: 0, different: 0 });
});

test.each(createStreamScenarios())("$name is answered with tokens", async ({ name, ...load }) => {
  const { requests, latencies_ms } = await rawStreams(app.url, { ...load, steps: 3 }, 1);
  expect(requests).toBe(3);
  expect(latencies_ms).toHaveLength(3);
});

test("the generator's own process sends requests and streams, and counts no errors", async () => {
  const service = { url: app.url, worker_pids: [process.pid], stop: async () => 0 };
  const limits = { connections: 2, duration_ms: 200, requests_max: 20 };
  const scenarios = [createScenarios()[1]!, createStreamScenarios()[0]!];
  for (const scenario of scenarios) {
    const { requests_per_s, p50_ms, p99_ms, errors } = await measureRaw(service, scenario, limits);
    expect(errors).toBe(0);
    expect(requests_per_s).toBeGreaterThan(0);
    expect(p99_ms).toBeGreaterThanOrEqual(p50_ms);
  }
});
