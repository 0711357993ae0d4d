/** The example of a tool call, run as its page says. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const SCRIPT = "examples/structured/tool-call.ts";

test("behind <tool_call> stands a call that the schema admits, whatever was written before", async () => {
  const args = ["--import", "tsx", SCRIPT, "--free", "3", "--seed", "9"];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const [, call = ""] = stdout.split("<tool_call>");
  expect(JSON.parse(call)).toEqual({
    name: "weather",
    arguments: { city: expect.stringMatching(/^[A-Z][a-z]{2,14}$/) },
  });
}, 60_000);
