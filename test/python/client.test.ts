import { expect, test } from "vitest";
import { listen } from "../http/listening.ts";
import { runPython, whyNoPython } from "./python.ts";

const missing = whyNoPython();

test.each([
  ["keeps its promises against the live service", "client_test.py"],
  ["opens connections again, and bounds what it reads", "network_test.py"],
  ["is the same for asyncio", "async_test.py"],
  ["is what the examples' loops call", "examples_test.py"],
])(
  `the Python client %s${missing === undefined ? "" : ` (skipped: ${missing})`}`,
  {
    skip: missing !== undefined,
    timeout: 60_000,
  },
  async (_, file) => {
    const app = await listen({ vocab_size_max: 70_000 });
    try {
      expect(await runPython(`test/python/${file}`, app.url)).toMatch(/\nOK/);
    } finally {
      await app.close();
    }
  },
);
