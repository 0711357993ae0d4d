import { expect, test } from "vitest";
import { listen } from "../http/listening.ts";
import { runPython, whyNoPython } from "../python/python.ts";

const missing = whyNoPython("numpy");

test(`the Python adapters draw what the service draws${missing === undefined ? "" : ` (skipped: ${missing})`}`, {
  skip: missing !== undefined,
  timeout: 30_000,
}, async () => {
  const app = await listen();
  try {
    expect(await runPython("test/adapters/adapters_test.py", app.url)).toMatch(/\nOK/);
  } finally {
    await app.close();
  }
});
