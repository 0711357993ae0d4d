/**
 * Runs every command and every program of the README, and the plain programs of docs/clients.md, unchanged against the
 * built service. `npm run proof:local` and `npm run proof:hosts -- --long` run what needs PyPI.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../../evidence/free-port.ts";
import { blockOf, blocksOf } from "../../evidence/markdown-blocks.ts";
import { VERSION } from "../../src/config/version.ts";
import { whyNoPython } from "../python/python.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const CI = readFileSync(`${ROOT}.ci/run`, "utf8");

const LIBRARY = readFileSync(`${ROOT}docs/library.md`, "utf8");

let folder: string;
let port: number;
let service: ChildProcess;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "readme-"));
  port = await freePort();
  const env = { ...process.env, PORT: String(port), WORKERS: "1" };
  // A process group of its own: npm is the parent, and a terminal would send Ctrl+C to the whole group.
  service = spawn("bash", ["-c", blockOf("README.md", "sh", "npm start")], {
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

async function isReady(): Promise<boolean> {
  const reply = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
  return reply?.status === 200;
}

/** Runs a text of the README in a folder for its files, with this test's port. */
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

test("there is no command, and no program, that no test or proof runs", () => {
  const counts = (page: string) =>
    Object.fromEntries(
      ["sh", "python", "js", "bash", "console", "ts"].map((name) => [name, blocksOf(page, name).length]),
    );
  expect(counts("README.md")).toEqual({ sh: 7, python: 2, js: 1, bash: 0, console: 0, ts: 0 });
  // The two Python programs and their pip commands: these proofs install the packages and run the blocks.
  expect(readFileSync(`${ROOT}proof/local/main.ts`, "utf8")).toContain(
    'blockOf("README.md", "python", "row.npy")',
  );
  expect(readFileSync(`${ROOT}proof/hosts/python/llama_cpp_host.py`, "utf8")).toContain("README.md");
  // Tests of `generate` run these commands with an engine.
  expect(readFileSync(`${ROOT}test/commands/readme-engine.test.ts`, "utf8")).toContain("README.md");
  for (const [command, proof] of [
    ['pip install "./clients/python[local]"', "npm run proof:local"],
    ['pip install "./clients/python[llama-cpp,local]"', "npm run proof:hosts"],
  ] as const) {
    expect(blocksOf("README.md", "sh")).toContain(command);
    expect(CI).toContain(proof);
  }
});

describe("the commands", () => {
  test("that install, run the demo and the tests are steps of CI", () => {
    expect(blocksOf("README.md", "sh")[0]).toBe("npm ci\nnpm run demo");
    for (const line of ["npm ci </dev/null", "npm run check </dev/null", "npm run demo -- "])
      expect(CI).toContain(line);
    const { scripts } = JSON.parse(readFileSync(`${ROOT}package.json`, "utf8"));
    expect(scripts.check).toMatch(/&& npm test$/);
  });

  test("the first request has the reply that is shown", () => {
    const reply = JSON.parse(inShell(blockOf("README.md", "sh", "logprobs"))) as Record<string, unknown>;
    const shown = JSON.parse(blockOf("README.md", "json", "system_fingerprint")) as Record<string, unknown>;
    const { system_fingerprint, ...rest } = shown;
    expect(reply).toMatchObject(rest);
    expect(String(reply["system_fingerprint"])).toMatch(String(system_fingerprint).replace("…", ""));
  });

  test("a file of float32 is made, and sampled", () => {
    const reply = JSON.parse(inShell(blockOf("docs/clients.md", "sh", "row.f32"))) as Record<string, unknown>;
    expect(reply).toMatchObject({ seed: "7", step: 3, kept: 40 });
  });

  test("another project takes it from the clone: its library, its client, its command, and the row of an ONNX model", () => {
    inShell("npm init -y");
    inShell(blockOf("README.md", "sh", "npm install").replace("../logit-sampler", ROOT), {
      npm_config_offline: "true",
    });
    expect(ran("npx", ["--no-install", "logit-sampler", "--version"])).toBe(`logit-sampler ${VERSION}\n`);
    // Links the package into this test's folder, as `npm link` does.
    const prefix = { npm_config_prefix: join(folder, "global") };
    inShell(blockOf("README.md", "sh", "npm link").split("\n")[0]!, prefix, ROOT);
    expect(ran(join(folder, "global/bin/logit-sampler"), ["--version"])).toBe(`logit-sampler ${VERSION}\n`);
    const imports = [...LIBRARY.matchAll(/`(import \{ (\w+) \} from "[^"]+")`/g)];
    expect(imports.map(([, , name]) => name)).toEqual(["createSampler", "connect"]);
    const program = `${imports.map(([, line]) => line).join(";")}; console.log(typeof createSampler, typeof connect)`;
    expect(ran("node", ["--input-type=module", "-e", program])).toBe("function function\n");
    const onnx = `${onnxSession()}\n${blockOf("README.md", "js", "session.run")}`;
    writeFileSync(join(folder, "onnx.mjs"), onnx);
    expect(ran("node", ["onnx.mjs"])).toMatch(/^\d+\n$/);
  });

  test("the tarball has what the service needs, and not the demo model", () => {
    // dist is built already and stays unchanged for the other tests.
    const where = { npm_config_pack_destination: folder, npm_config_ignore_scripts: "true" };
    const name = inShell(blockOf("docs/library.md", "sh", "npm pack"), where, ROOT)
      .trim()
      .split("\n")
      .at(-1)!;
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
    const told = inShell(
      `${blockOf("examples/model-host/README.md", "sh", "My dear")} --max_tokens 4`,
      {},
      ROOT,
    );
    expect(told).toContain('"temperature":1.2,"top_p":0.95,"repetition_penalty":1.15,"seed":5,"min_p":0.1');
    expect(told).toMatch(/\nMy dear\S* /);
    expect(told).toContain("the same text, to the letter");
  });
});

describe("the programs of docs/clients.md", () => {
  const missing = whyNoPython();
  test(`Python${missing === undefined ? "" : ` (skipped: ${missing})`}`, {
    skip: missing !== undefined,
  }, () => {
    expect(ran("python3", ["-c", here(blockOf("docs/clients.md", "python", "http.client"))])).toMatch(
      /^\d\n$/,
    );
  });

  test("Node", () => {
    const program = `${here(blockOf("docs/clients.md", "js", "fetch("))}\nconsole.log(token_id);`;
    expect(ran("node", ["--input-type=module", "-e", program])).toMatch(/^\d\n$/);
  });
});

/** The demo model as in a program of the reader: a session of onnxruntime-web, and the inputs for two tokens. */
function onnxSession(): string {
  const model = `${ROOT}examples/model-host/model`;
  const { num_hidden_layers, num_attention_heads, hidden_size } = JSON.parse(
    readFileSync(`${model}/config.json`, "utf8"),
  ) as Record<"num_hidden_layers" | "num_attention_heads" | "hidden_size", number>;
  const shape = [1, num_attention_heads, 0, hidden_size / num_attention_heads];
  return `
import { readFileSync } from "node:fs";
import ort from ${JSON.stringify(pathToFileURL(`${ROOT}node_modules/onnxruntime-web/dist/ort.node.min.mjs`).href)};
ort.env.wasm.numThreads = 1;
const session = await ort.InferenceSession.create(new Uint8Array(readFileSync(${JSON.stringify(`${model}/model_quantized.onnx`)})));
const ids = (values) => new ort.Tensor("int64", BigInt64Array.from(values, BigInt), [1, 2]);
const feeds = { input_ids: ids([1100, 1098]), attention_mask: ids([1, 1]), position_ids: ids([0, 1]) };
for (let layer = 0; layer < ${num_hidden_layers}; layer++)
  for (const part of ["key", "value"])
    feeds[\`past_key_values.\${layer}.\${part}\`] = new ort.Tensor("float32", new Float32Array(0), ${JSON.stringify(shape)});`;
}
