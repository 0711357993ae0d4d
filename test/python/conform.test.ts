/** The conformance runner of the Python package: its report on a right sampler and on some wrong ones. */
import { expect, test } from "vitest";
import { runPython, whyNoPython } from "./python.ts";

const missing = whyNoPython();

test(`the conformance runner finds and names broken samplers${missing === undefined ? "" : ` (skipped: ${missing})`}`, {
  skip: missing !== undefined,
  timeout: 180_000,
}, async () => {
  expect(await runPython("test/python/conform_test.py", "http://127.0.0.1")).toMatch(/\nOK/);
});
