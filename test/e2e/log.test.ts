/** The log of the built service, line by line: the same form from every process. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { freePort } from "../../evidence/free-port.ts";

/** The complete log from the start until the service has ended after SIGTERM; `at` is called once it is ready. */
async function logged(LOG_LEVEL: string, at: (url: string) => Promise<unknown>): Promise<string> {
  const port = await freePort();
  const env = {
    ...process.env,
    LOG_LEVEL,
    PORT: String(port),
    WORKERS: "1",
    API_KEYS: "a-key-of-sixteen-letters",
  };
  const child = spawn(process.execPath, ["dist/main.js"], { env, stdio: ["ignore", "pipe", "inherit"] });
  const output = text(child.stdout);
  const url = `http://127.0.0.1:${port}`;
  while (!(await isReady(url)));
  await at(url);
  child.kill("SIGTERM");
  await once(child, "exit");
  return output;
}

async function isReady(url: string): Promise<boolean> {
  const reply = await fetch(`${url}/readyz`, { headers: { connection: "close" } }).catch(() => undefined);
  return reply?.status === 200;
}

const refused = (url: string) =>
  fetch(`${url}/v1/samplers`, { headers: { connection: "close", "x-api-key": "a-wrong-key-of-letters" } });

test("the primary and its workers write one form, every limit when they start, and no key", async () => {
  const output = await logged("info", refused);
  const lines = output
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  for (const line of lines)
    expect(line).toMatchObject({
      level: expect.any(Number),
      time: expect.any(Number),
      pid: expect.any(Number),
      role: expect.stringMatching(/^(primary|worker)$/),
      msg: expect.any(String),
    });
  expect(new Set(lines.map(({ role }) => role))).toEqual(new Set(["primary", "worker"]));
  expect(lines[0]).toMatchObject({
    msg: "starting",
    api_keys: 1,
    limits: { rows_max: 32, body_timeout_ms: 30_000 },
  });
  expect(lines.find(({ msg }) => msg === "refused")).toMatchObject({ role: "worker", code: "unauthorized" });
  expect(output).not.toMatch(/a-key-of-sixteen|a-wrong-key/);
});

test("both keep to LOG_LEVEL", async () => {
  expect(await logged("error", refused)).toBe("");
});
