/**
 * `npm run calls`: counts the calls of the service's own functions for one warm request of each kind, their files, and
 * the calls from one folder into another. The service is compiled into build/calls, each of its functions is
 * instrumented at its begin and end, and it runs in this process. Calls of Node's and Fastify's functions are not
 * counted.
 */
import { execFileSync } from "node:child_process";
import { copyFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { tableLines } from "../../evidence/progress.ts";
import { commandLine, run, text } from "../../src/command-line.ts";
import { CallCounter, type Counted, folderOf } from "./counter.ts";
import { instrumented } from "./instrument.ts";
import { type Counting, REQUESTS } from "./requests.ts";

const { values } = commandLine({
  name: "npm run calls --",
  about:
    "How many of the service's functions run for one warm request of each kind, and how often they lead from one folder to another.",
  options: {
    only: text("TEXT", "only requests whose name holds the text, and each function with its calls", ""),
  },
});

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const BUILD = join(ROOT, "build/calls");
/** Requests before the counted one, after which everything that is cached is in its cache. */
const WARM_UP = 20;
/** Bytes may arrive in more pieces than usual, so the minimum is the count of a request that did not wait. */
const ROUNDS = 9;

type App = typeof import("../../src/app.ts");
type Configuring = typeof import("../../src/config/config.ts");
type Sampling = typeof import("../../src/sampling/sampler.ts");

/** Compiles the service and instruments its functions. */
function build(counter: CallCounter): void {
  rmSync(BUILD, { recursive: true, force: true });
  const options = [
    "-p",
    "tsconfig.build.json",
    "--outDir",
    BUILD,
    "--sourceMap",
    "false",
    "--declaration",
    "false",
  ];
  execFileSync(process.execPath, [join(ROOT, "node_modules/typescript/lib/tsc.js"), ...options], {
    cwd: ROOT,
    stdio: "inherit",
  });
  // The service reads its version two folders up.
  copyFileSync(join(ROOT, "package.json"), join(BUILD, "../package.json"));
  for (const file of readdirSync(BUILD, { recursive: true, encoding: "utf8" })) {
    if (!file.endsWith(".js") || file.endsWith(".wasm.js")) continue;
    const path = join(BUILD, file);
    const folder = folderOf(file);
    const source = file.replace(/js$/, "ts");
    const code = instrumented(readFileSync(path, "utf8"), (line) =>
      counter.register({ file: source, line, folder }),
    );
    writeFileSync(path, code);
  }
}

async function load<Module>(file: string): Promise<Module> {
  return (await import(pathToFileURL(join(BUILD, file)).href)) as Module;
}

async function start() {
  const { readConfig } = await load<Configuring>("config/config.js");
  const { createSampler } = await load<Sampling>("sampling/sampler.js");
  const { buildApp } = await load<App>("app.js");
  const config = readConfig({});
  const { server } = await buildApp({ config, sampler: createSampler(config.limits) });
  await server.listen({ host: "127.0.0.1", port: 0 });
  return server;
}

/** The minimum of several rounds. */
async function count({ open }: Counting, port: number, counter: CallCounter): Promise<Counted> {
  const conversation = await open(port);
  const rounds: Counted[] = [];
  for (let round = 0; round < WARM_UP + ROUNDS; round++) {
    await conversation.prepare?.();
    counter.reset();
    await conversation.ask();
    // Work after the last byte of an answer belongs to that request.
    await new Promise((resolve) => setImmediate(resolve));
    if (round >= WARM_UP) rounds.push(counter.counted());
    await conversation.finish?.();
  }
  conversation.close();
  return rounds.reduce((least, each) => (each.calls < least.calls ? each : least));
}

const TABLE = tableLines([
  { head: "request", width: 58 },
  { head: "calls" },
  { head: "functions" },
  { head: "files" },
  { head: "moves" },
  { head: "climbs" },
]);

async function main(): Promise<void> {
  const counter = new CallCounter();
  Object.assign(globalThis, { $calls: counter });
  build(counter);
  const server = await start();
  for (const line of TABLE.head) console.log(line);
  for (const request of REQUESTS.filter(({ name }) => name.includes(values.only))) {
    const { port } = server.server.address() as AddressInfo; // it listens
    const counted = await count(request, port, counter);
    const { calls, functions, files, moves, climbs, by_move, by_function } = counted;
    console.log(TABLE.line([request.name, calls, functions, files, moves, climbs]));
    if (values.only === "") continue;
    for (const [move, times] of by_move) console.log(`${times} ${move}`);
    for (const [{ file, line }, times] of by_function) console.log(`${times} ${file}:${line}`);
  }
  server.server.closeAllConnections();
  await server.close();
}

await run(main);
