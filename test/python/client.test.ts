import { expect, test } from "vitest";
import { listen } from "../http/listening.ts";
import { runPython, whyNoPython } from "./python.ts";

const missing = whyNoPython();

test(`the Python client keeps its promises against the live service${missing === undefined ? "" : ` (skipped: ${missing})`}`, {
  skip: missing !== undefined,
  timeout: 30_000,
}, async () => {
  const app = await listen({ vocab_size_max: 70_000 });
  try {
    expect(await runPython("test/python/client_test.py", app.url)).toMatch(/\nOK/);
  } finally {
    await app.close();
  }
});
