/** The output at the start of the built service: in a terminal, in a pipe, and when it cannot start. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { expect, test } from "vitest";
import { VERSION } from "../../src/config/version.ts";

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

async function ended(command: string, words: readonly string[], environment = {}): Promise<Ended> {
  const env = { ...process.env, PORT: "0", WORKERS: "1", ...environment };
  const child = spawn(command, words, { env, stdio: ["ignore", "pipe", "pipe"] });
  let [out, err] = ["", ""];
  child.stdout.on("data", (chunk) => (out += String(chunk)));
  child.stderr.on("data", (chunk) => (err += String(chunk)));
  const [code] = await once(child, "close");
  return { code, out, err };
}

const service = (words: readonly string[], environment = {}) =>
  ended(process.execPath, ["dist/main.js", ...words], environment);

/** A new terminal, as util-linux creates one; on other systems `script` has other arguments. */
const HAS_TERMINAL = spawnSync("script", ["--version"]).stdout?.toString().includes("util-linux") === true;
const inTerminal = (command: string, environment = {}) =>
  ended("script", ["--quiet", "--return", "--command", command, "/dev/null"], environment);

async function taken(): Promise<{ port: string; server: Server }> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return { server, port: String(typeof address === "object" ? address?.port : "") };
}

test("--help tells the settings, and nothing starts", async () => {
  const { code, out, err } = await service(["--help"]);
  expect([code, err]).toEqual([0, ""]);
  expect(out).toMatch(/^logit-sampler \[options\]\n/);
  for (const name of ["HOST", "PORT", "WORKERS", "LOG_LEVEL"]) expect(out).toContain(`\n  ${name} `);
  expect(await service(["-v"])).toEqual({ code: 0, out: `logit-sampler ${VERSION}\n`, err: "" });
});

test.each([["--prot"], ["serve"]])("%s is refused in one sentence", async (word) => {
  const { code, out, err } = await service([word]);
  expect([code, out]).toEqual([2, ""]);
  expect(err).toMatch(new RegExp(`^[^\\n]*${word}[^\\n]*\\n$`));
});

test("a port that is taken is one record without a stack, and exit code 1", async () => {
  const { server, port } = await taken();
  const { code, out } = await service([], { PORT: port, WORKERS: "2" });
  server.close();
  expect(code).toBe(1);
  const lines = out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines.map(({ msg }) => msg)).toEqual(["starting", `port ${port} of 127.0.0.1 is taken; set PORT`]);
  expect(lines[1]).toMatchObject({ level: 60, role: "primary" });
  expect(out).not.toMatch(/ {4}at |stack/);
});

test.skipIf(!HAS_TERMINAL)("in a terminal a port that is taken is one sentence", async () => {
  const { server, port } = await taken();
  const { code, out } = await inTerminal("node dist/main.js", { PORT: port });
  server.close();
  expect(out.trim()).toBe(`logit-sampler: port ${port} of 127.0.0.1 is taken; set PORT`);
  expect(code).toBe(1);
});

test.skipIf(!HAS_TERMINAL)("in a terminal it says where it is in words, and Ctrl+C ends it", async () => {
  // Ctrl+C in a terminal signals every process in it, and so does this call.
  const press =
    'node dist/main.js & sleep 0.1; until curl -sf localhost:$PORT/readyz >/dev/null; do sleep 0.1; done; curl -s "localhost:$PORT/nowhere" >/dev/null; kill -INT $!; wait $!';
  const { server, port } = await taken();
  server.close();
  await once(server, "close");
  const { code, out } = await inTerminal(press, { PORT: port });
  expect(out).toMatch(new RegExp(`logit-sampler ${VERSION}\\s+playground +http://127.0.0.1:${port}/\\s`));
  expect(out).toMatch(/workers +1, and 1 standing by/);
  expect(out).toMatch(/refused .*path=\/nowhere status=404/);
  expect(out).toMatch(/ended\s*$/);
  expect(out).not.toMatch(/^\{/m);
  expect(code).toBe(0);
});
