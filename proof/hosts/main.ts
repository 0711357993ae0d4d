/**
 * `npm run proof:hosts`: real hosts and clients, each as its package has it, draw their tokens with the built service.
 * The short form installs the light ones below build/ (node-llama-cpp with the demo model as GGUF, transformers.js,
 * tritonclient, KServe's client, onnxruntime); `-- --long` those that are large or compiled as well (transformers with
 * torch, llama-cpp-python, the parts of vLLM and SGLang that need no GPU, …). HOSTS_PYTHON names a Python that has them.
 */
import { mkdir } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { BUILD, BUILT } from "../../evidence/options.ts";
import { createProgress } from "../../evidence/progress.ts";
import { buildService, startService } from "../../evidence/service.ts";
import { commandLine, flag, readWord, run } from "../../src/command-line.ts";
import { pack } from "../npm.ts";
import { conclude, createReport } from "../report.ts";
import { pythonWith } from "../venv.ts";
import { proveConformance } from "./conform.ts";
import { proveEngines } from "./engines/prove.ts";
import type { Host, NodeHost, Result } from "./host.ts";
import { HOSTS, LONG_PACKAGES, SHORT_PACKAGES } from "./hosts.ts";
import { writeModelFolder } from "./model/folder.ts";
import { readDemoModel, widened } from "./model/weights.ts";
import { complaintsOfTypes, nodePlace, type Place, pythonPlace, runHost } from "./run.ts";
import { store } from "./store.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const FOLDER = join(ROOT, "build/proof-hosts");
/** The sizes of vocabularies that the long form times beside the demo model's own. */
const WIDE_VOCAB_SIZES = [32_000, 128_256];

const SCRIPTS = HOSTS.map(({ script }) => script);
/** Engines that are driven and judged over HTTP, in the long form: one of them is compiled. */
const ENGINES = "engines";
/** The conformance suite against installed hosts; HOSTS_PYTHON may name several Pythons. */
const CONFORM = "conform";
const { values, operands } = commandLine({
  name: "npm run proof:hosts --",
  about:
    "Real hosts and clients draw their tokens with the built service. npm and pip install them below build/, which needs registries; HOSTS_PYTHON names a Python that has the Python ones already, LLAMA_SERVER and VLLM name those programs.",
  operands: {
    placeholder: "HOST",
    about: `of ${[...SCRIPTS, ENGINES, CONFORM].join(", ")}; none: all of the form`,
    read: (word: string) => readWord(word, [...SCRIPTS, ENGINES, CONFORM]),
  },
  options: {
    built: BUILT,
    long: flag(
      "runs the hosts as well whose packages are large or are compiled, and times 32,000 and 128,256 tokens",
    ),
    write: flag("stores what was run, from which `npm run build:docs` makes the tables of docs/hosts.md"),
  },
});

const chosen = HOSTS.filter(({ script, is_long }) =>
  operands.length > 0 ? operands.includes(script) : values.long || !is_long,
);
const with_engines = operands.length > 0 ? operands.includes(ENGINES) : values.long;
const with_conform = operands.length > 0 ? operands.includes(CONFORM) : values.long;
/** How many turns each host and this sampler take; times that are not stored need one turn. */
const TURNS = values.long || values.write ? "6" : "1";
const progress = createProgress([
  BUILD,
  { name: "write the demo model for the hosts", seconds: values.long ? 5 : 2 },
  { name: "install", seconds: values.long ? 900 : 40 },
  ...chosen.map(({ name }) => ({ name, seconds: 15 })),
  ...(with_engines ? [{ name: "running engines", seconds: 400 }] : []),
  ...(with_conform ? [{ name: "the conformance suite", seconds: 120 }] : []),
]);
const report = createReport({ hold_times: false }, (line) => progress.say(line));

async function writeModels(): Promise<Record<string, string>> {
  const model = await readDemoModel();
  const folder = join(FOLDER, "model");
  await writeModelFolder(folder, model);
  if (!values.long) return { HOSTS_MODEL: folder };
  const wide = WIDE_VOCAB_SIZES.map((size) => join(FOLDER, `model-${size}`));
  for (const [i, size] of WIDE_VOCAB_SIZES.entries())
    await writeModelFolder(wide[i] as string, widened(model, size)); // a folder for each
  return { HOSTS_MODEL: folder, HOSTS_WIDE_MODELS: wide.join(delimiter) };
}

type Placed = readonly [Host, Place];

/**
 * The folder in which each host runs. npm and pip install at the same time, because each mostly waits for the network
 * or the disk.
 */
async function places(): Promise<readonly Placed[]> {
  return (await Promise.all([nodePlaces(), pythonPlaces()])).flat();
}

async function nodePlaces(): Promise<readonly Placed[]> {
  const hosts = chosen.filter((host) => host.runs_in === "node");
  if (hosts.length === 0) return [];
  const { path } = await pack(FOLDER);
  const place = async (host: NodeHost) =>
    [host, await nodePlace(join(FOLDER, host.script), path, host)] as const;
  return Promise.all(hosts.map(place));
}

async function pythonPlaces(): Promise<readonly Placed[]> {
  const hosts = chosen.filter(({ runs_in }) => runs_in === "python");
  if (hosts.length === 0) return [];
  const [folder, packages] = hosts.some(({ is_long }) => is_long)
    ? (["python-long", LONG_PACKAGES] as const)
    : (["python", SHORT_PACKAGES] as const);
  const python = process.env["HOSTS_PYTHON"] ?? (await pythonWith(join(FOLDER, folder), packages));
  return hosts.map((host) => [host, pythonPlace(python, host)]);
}

async function prove(
  host: Host,
  place: Place,
  models: Readonly<Record<string, string>>,
): Promise<Result | undefined> {
  progress.say(`${host.name}:`);
  if (host.runs_in === "node") {
    const complaints = await complaintsOfTypes(place, host);
    report.claim("its script compiles strictly against the host's own types", complaints === "", complaints);
  }
  const service = await startService(host.service);
  try {
    const given = { ...models, LOGIT_SAMPLER_URL: service.url, HOSTS_TURNS: TURNS };
    return await runHost(host, place, given, report);
  } finally {
    await service.stop();
  }
}

async function main(): Promise<void> {
  progress.next();
  if (!values.built) await buildService();
  progress.next();
  await mkdir(FOLDER, { recursive: true });
  const models = await writeModels();
  progress.next();
  const ready = await places();
  const results: Result[] = [];
  for (const [host, place] of ready) {
    progress.next();
    const result = await prove(host, place, models);
    if (result !== undefined) results.push(result);
  }
  if (with_engines) {
    progress.next();
    await proveEngines(FOLDER, models["HOSTS_MODEL"] ?? "", report);
  }
  if (with_conform) {
    progress.next();
    const given = process.env["HOSTS_PYTHON"]?.split(delimiter);
    const pythons = given ?? [await pythonWith(join(FOLDER, "python-long"), LONG_PACKAGES)];
    await proveConformance(FOLDER, pythons, report, values.write);
  }
  progress.end();
  await conclude(report);
  if (values.write && results.length > 0) await store(results);
}

await run(main).finally(() => progress.end());
