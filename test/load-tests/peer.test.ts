import { expect, test } from "vitest";
import { createPeerCases, requireSameAnswer } from "../../load-tests/peers/cases.ts";
import { startPeer } from "../../load-tests/peers/fastapi.ts";
import { listen } from "../http/listening.ts";
import { runPython, whyNoPython } from "../python/python.ts";

const missing = whyNoPython("numpy");

test(`the peer's numpy sampler leaves our tokens${missing === undefined ? "" : ` (skipped: ${missing})`}`, {
  skip: missing !== undefined,
}, async () => {
  const app = await listen();
  try {
    expect(await runPython("test/load-tests/numpy_sampler_test.py", app.url)).toMatch(/\nOK/);
  } finally {
    await app.close();
  }
});

test("every case of the load test is one that the service answers with a token that was left", async () => {
  const app = await listen({ vocab_size_max: 131_072 });
  try {
    for (const { scenario } of createPeerCases()) await requireSameAnswer(scenario, app.url, app.url);
  } finally {
    await app.close();
  }
});

test("without the packages the load test says what to install", async () => {
  await expect(startPeer(["no-such-python"])).rejects.toThrow(/python3-fastapi(.|\n)*no-such-python/);
});
