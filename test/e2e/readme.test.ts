/** Every command and every program of the README is run, as it stands there, against the built service. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { VERSION } from "../../src/config/version.ts";
import { whyNoPython } from "../python/python.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const README = readFileSync(`${ROOT}README.md`, "utf8");
const CI = readFileSync(`${ROOT}.ci/run`, "utf8");

const blocks = (language: string) =>
  [...README.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms"))].map(([, text]) =>
    text!.trim(),
  );

/** The block that holds the words; there has to be one. */
function block(language: string, words: string): string {
  const found = blocks(language).filter((text) => text.includes(words));
  expect(found, words).toHaveLength(1);
  return found[0]!;
}

let folder: string;
let port: number;
let service: ChildProcess;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "readme-"));
  port = await freePort();
  const env = { ...process.env, PORT: String(port), WORKERS: "1" };
  // In a group of its own: npm stands between, and a terminal would send Ctrl+C to all of them.
  service = spawn("bash", ["-c", block("sh", "npm start")], {
    cwd: ROOT,
    env,
    detached: true,
    stdio: "ignore",
  });
  const end_ms = Date.now() + 100_000;
  while (!(await isReady())) expect(Date.now(), "npm start").toBeLessThan(end_ms);
});
afterAll(async () => {
  const ended = once(service, "exit");
  process.kill(-service.pid!, "SIGINT");
  await ended;
  rmSync(folder, { recursive: true });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}

async function isReady(): Promise<boolean> {
  const reply = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
  return reply?.status === 200;
}

/** Runs a text of the README where its files may go, with the port of this test. */
function ran(command: string, words: readonly string[], environment = {}, cwd = folder): string {
  const env = { ...process.env, ...environment };
  const { status, stdout, stderr } = spawnSync(command, words, { cwd, env, encoding: "utf8" });
  expect(status, `${words.join(" ")}\n${stderr}`).toBe(0);
  return stdout;
}

const here = (text: string) =>
  text
    .replaceAll("localhost:8080", `localhost:${port}`)
    .replaceAll('"localhost", 8080', `"localhost", ${port}`);
const inShell = (text: string, environment = {}, cwd = folder) =>
  ran("bash", ["-ec", here(text)], environment, cwd);

test("there is no command, and no program, that no test here runs", () => {
  expect(blocks("sh")).toHaveLength(8);
  expect(blocks("python")).toHaveLength(1);
  expect(blocks("js")).toHaveLength(1);
  expect(blocks("bash").length + blocks("console").length + blocks("ts").length).toBe(0);
});

describe("the commands", () => {
  test("that install, run the demo and the tests are steps of CI", () => {
    const install = blocks("sh").filter((text) => text.startsWith("npm ci"));
    expect(install).toEqual(["npm ci\nnpm run demo", "npm ci\nnpm test"]);
    for (const line of ["npm ci </dev/null", "npm run check </dev/null", "npm run demo -- "])
      expect(CI).toContain(line);
    const { scripts } = JSON.parse(readFileSync(`${ROOT}package.json`, "utf8"));
    expect(scripts.check).toMatch(/&& npm test$/);
  });

  test("the first request has the reply that is shown", () => {
    const reply = JSON.parse(inShell(block("sh", "logprobs"))) as Record<string, unknown>;
    const shown = JSON.parse(block("json", "system_fingerprint")) as Record<string, unknown>;
    const { system_fingerprint, ...rest } = shown;
    expect(reply).toMatchObject(rest);
    expect(String(reply["system_fingerprint"])).toMatch(String(system_fingerprint).replace("…", ""));
  });

  test("a file of float32 is made, and sampled", () => {
    const reply = JSON.parse(inShell(block("sh", "row.f32"))) as Record<string, unknown>;
    expect(reply).toMatchObject({ seed: "7", step: 3, kept: 40 });
  });

  test("another project takes it from the clone: its library, its client and its command", () => {
    inShell("npm init -y");
    inShell(block("sh", "npm install").replace("../logit-sampler", ROOT), { npm_config_offline: "true" });
    expect(ran("npx", ["--no-install", "logit-sampler", "--version"])).toBe(`logit-sampler ${VERSION}\n`);
    const imports = [...README.matchAll(/`(import \{ (\w+) \} from "[^"]+")`/g)];
    expect(imports.map(([, , name]) => name)).toEqual(["createSampler", "connect"]);
    const program = `${imports.map(([, line]) => line).join(";")}; console.log(typeof createSampler, typeof connect)`;
    expect(ran("node", ["--input-type=module", "-e", program])).toBe("function function\n");
  });

  test("the tarball has what the service needs, and not the demo model", () => {
    // dist is built, and stays as it is for the other tests.
    const where = { npm_config_pack_destination: folder, npm_config_ignore_scripts: "true" };
    const name = inShell(block("sh", "npm pack"), where, ROOT).trim().split("\n").at(-1)!;
    expect(readFileSync(join(folder, name)).length).toBeLessThan(2_000_000);
    const files = ran("tar", ["-tzf", name]).split("\n");
    for (const file of [
      "dist/main.js",
      "dist/index.d.ts",
      "dist/client/index.js",
      "dist/playground/index.html",
    ])
      expect(files).toContain(`package/${file}`);
    expect(files.filter((file) => /\.onnx|\.wasm$|playground\/demo/.test(file))).toEqual([]);
  });

  test("the demo takes sampling options", () => {
    const told = inShell(`${block("sh", "My dear")} --max_tokens 4`, {}, ROOT);
    expect(told).toContain('"temperature":1.2,"top_p":0.95,"repetition_penalty":1.15,"seed":5,"min_p":0.1');
    expect(told).toMatch(/\nMy dear\S* /);
    expect(told).toContain("the same text, to the letter");
  });
});

describe("the programs", () => {
  const missing = whyNoPython();
  test(`Python${missing === undefined ? "" : ` (skipped: ${missing})`}`, {
    skip: missing !== undefined,
  }, () => {
    expect(ran("python3", ["-c", here(block("python", "http.client"))])).toMatch(/^\d\n$/);
  });

  test("Node", () => {
    const program = `${here(block("js", "fetch"))}\nconsole.log(token_id);`;
    expect(ran("node", ["--input-type=module", "-e", program])).toMatch(/^\d\n$/);
  });
});

test("every page that the README links to is there", () => {
  const targets = [...README.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map(([, target]) => target!);
  const missing = targets.filter((target) => spawnSync("test", ["-e", join(ROOT, target)]).status !== 0);
  expect(missing).toEqual([]);
  const headings = [...README.matchAll(/^## (.*)$/gm)].map(([, words]) => words!);
  const anchors = headings.map((words) =>
    words
      .toLowerCase()
      .replaceAll(/[^\w -]/g, "")
      .replaceAll(" ", "-"),
  );
  for (const [, anchor] of README.matchAll(/\]\(#([^)]+)\)/g)) expect(anchors).toContain(anchor);
});
