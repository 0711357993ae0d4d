/**
 * `npm run proof:clients`: client generators can use the OpenAPI document. redocly's recommended rules find nothing.
 * The clients of openapi-typescript, hey-api and orval compile strictly and make the README's first requests to the
 * built service. npm installs the generators below build/, so this needs a registry, and is not part of `npm run
 * proof`.
 */
import { execFile } from "node:child_process";
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { BUILD, BUILT } from "../../evidence/options.ts";
import { createProgress } from "../../evidence/progress.ts";
import { buildService, startService } from "../../evidence/service.ts";
import { commandLine, run } from "../../src/command-line.ts";
import { conclude, createReport } from "../report.ts";
import { GENERATORS, type Generator } from "./generators.ts";
import { PYTHON_CLIENT, pythonClient } from "./python-client.ts";

const execute = promisify(execFile);
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const FOLDER = join(ROOT, "build/proof-clients");
const PACKAGES = ["@redocly/cli@2.77.0", "typescript@5.9.3", "@types/node@20.19.43"];

const STRICT = {
  compilerOptions: {
    strict: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: true,
    noEmit: true,
    target: "ES2022",
    module: "ESNext",
    moduleResolution: "bundler",
    lib: ["ES2023", "DOM", "DOM.Iterable"],
    types: ["node"],
  },
};

/** orval asks for Node 22. These are the only functions that Node 20 lacks. */
const NODE_22 = `Map.groupBy ??= (items, keyOf) => {
  const groups = new Map();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
};
Object.groupBy ??= (items, keyOf) => Object.fromEntries(Map.groupBy(items, keyOf));
`;

const { values } = commandLine({
  name: "npm run proof:clients --",
  about:
    "Shows that the OpenAPI document is one from which generators make clients that work. npm installs the generators below build/, which needs a registry. Ends with 1 when something does not hold.",
  options: { built: BUILT },
});

const progress = createProgress([
  BUILD,
  { name: "install the generators", seconds: 30 },
  { name: "redocly", seconds: 5 },
  ...GENERATORS.map(({ name }) => ({ name, seconds: 15 })),
  { name: PYTHON_CLIENT, seconds: 60 },
]);
const report = createReport({ hold_times: false }, (line) => progress.say(line));

/** Runs a package's program with this Node and returns its output. Throws the output when the program fails. */
async function program(args: readonly string[], cwd: string, environment: Record<string, string> = {}) {
  const [path = "", ...rest] = args;
  const node = ["--import", join(FOLDER, "node-22.mjs"), join(FOLDER, "node_modules", path), ...rest];
  const env = { ...process.env, ...environment };
  try {
    return await execute(process.execPath, node, { cwd, env, maxBuffer: 2 ** 26 });
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string }; // of execFile
    throw new Error(`${args.join(" ")}\n${stdout}${stderr}`.slice(0, 4000));
  }
}

async function claim(sentence: string, show: () => Promise<string>): Promise<void> {
  try {
    const got = await show();
    report.claim(sentence, got === "", got);
  } catch (error) {
    report.claim(sentence, false, error instanceof Error ? error.message : String(error));
  }
}

async function install(): Promise<void> {
  await mkdir(FOLDER, { recursive: true });
  await writeFile(join(FOLDER, "package.json"), '{ "private": true, "type": "module" }\n');
  await writeFile(join(FOLDER, "node-22.mjs"), NODE_22);
  const packages = [...PACKAGES, ...GENERATORS.flatMap((generator) => generator.packages)];
  const flags = ["install", "--no-audit", "--no-fund", "--no-save", "--no-package-lock", "--ignore-scripts"];
  await execute("npm", [...flags, ...packages], { cwd: FOLDER, shell: process.platform === "win32" });
}

/** Generates a client, compiles it with the TypeScript that people have and with ours, and makes the first requests. */
async function prove({ name, command, files, program: text }: Generator, url: string): Promise<void> {
  const folder = join(FOLDER, name);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const written = { ...files, "first-requests.ts": text, "tsconfig.json": JSON.stringify(STRICT) };
  for (const [file, content] of Object.entries(written)) await writeFile(join(folder, file), content);
  await cp(join(ROOT, "openapi/openapi.json"), join(folder, "openapi.json"));
  await claim(`${name} makes a client`, async () => {
    await program(command, folder, { SERVICE: url });
    return "";
  });
  for (const tsc of ["typescript/bin/tsc", "../../../node_modules/typescript/bin/tsc"])
    await claim(`${name}: it compiles strictly, ${await versionOf(tsc)}`, async () => {
      await program([tsc, "-p", "."], folder);
      return "";
    });
  await claim(
    `${name}: sample, score and batch are answered, with types of their own; bytes as well; a problem has its code`,
    async () => {
      const tsx = "../../../node_modules/tsx/dist/cli.mjs";
      const { stdout } = await program([tsx, "first-requests.ts"], folder, { SERVICE: url });
      return complaint(stdout);
    },
  );
}

/** A result that differs from the README's. */
function complaint(line: string): string {
  const { json, token, bytes, code, rank, batch_token, refusal } = JSON.parse(line); // the programs print it so
  const is_sampled = json?.token_id === 1 && token === 1 && json.logprob === -0.7833432722140898;
  const are_bytes = bytes?.token_id === 1 && bytes.seed === "7";
  const is_batch = typeof batch_token === "number" && refusal === "/rows/1/top_p";
  return is_sampled && are_bytes && code === "invalid_option" && rank === 1 && is_batch ? "" : line;
}

async function versionOf(tsc: string): Promise<string> {
  const path = join(FOLDER, "node_modules", tsc, "../../package.json");
  return `TypeScript ${(JSON.parse(await readFile(path, "utf8")) as { version: string }).version}`;
}

async function main(): Promise<void> {
  progress.next();
  if (!values.built) await buildService();
  progress.say("clients: the OpenAPI document is one from which generators make clients that work");
  progress.next();
  await install();
  progress.next();
  await claim("redocly's recommended rules find nothing in it", async () => {
    const lint = ["@redocly/cli/bin/cli.js", "lint", join(ROOT, "openapi/openapi.json"), "--format", "json"];
    const { stdout } = await program(lint, FOLDER, { REDOCLY_TELEMETRY: "off" });
    const { problems } = JSON.parse(stdout.slice(stdout.indexOf("{"))) as { problems: unknown[] };
    return problems.length === 0 ? "" : JSON.stringify(problems);
  });
  const service = await startService();
  try {
    for (const generator of GENERATORS) {
      progress.next();
      await prove(generator, service.url);
    }
    progress.next();
    await claim(`${PYTHON_CLIENT}: sample, score and batch, with types of their own`, () =>
      pythonClient(join(FOLDER, "python"), join(ROOT, "openapi/openapi.json"), service.url),
    );
  } finally {
    progress.end();
    await service.stop();
  }
  await conclude(report);
}

await run(main).finally(() => progress.end());
