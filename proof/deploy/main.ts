/**
 * `npm run proof:deploy`: checks the files for Kubernetes and compose with the tools' own code. The real helm lints the
 * chart and fills it in, with each of its switches on and off; every manifest is decoded strictly into the API's types;
 * the loader of compose reads its files, and actionlint the workflows of CI. Needs Go, which downloads the tools as
 * modules; HELM names an installed helm.
 */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createProgress } from "../../evidence/progress.ts";
import { commandLine, run } from "../../src/command-line.ts";
import { conclude, createReport } from "../report.ts";
import { CHART_VALUES } from "./values.ts";

const execute = promisify(execFile);
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const FOLDER = join(ROOT, "build/proof-deploy");
const SCHEMAS = fileURLToPath(new URL("schemas", import.meta.url));
const CHART = join(ROOT, "deploy/helm/logit-sampler");
const MANIFESTS = ["shared", "sidecar", "indexed-job"].map((name) => `deploy/kubernetes/${name}.yaml`);
const COMPOSE_FILES = ["compose.yaml", "deploy/compose/own-host.yaml"];
const MODULES = {
  helm: "helm.sh/helm/v3/cmd/helm@v3.19.4",
  compose: "github.com/compose-spec/compose-go/v2/cmd@v2.16.2",
  actionlint: "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12",
} as const;

commandLine({
  name: "npm run proof:deploy --",
  about:
    "Lints and fills in the chart with the real helm, decodes every manifest strictly into Kubernetes' types and reads the files of compose with its loader. Needs Go, which installs them below build/; HELM names a helm that is there already.",
  options: {},
});

const progress = createProgress([
  { name: "install helm and compose's loader", seconds: 150 },
  { name: "build the decoder", seconds: 60 },
  { name: "the chart", seconds: 10 },
  { name: "compose", seconds: 1 },
  { name: "workflows", seconds: 60 },
]);
const report = createReport({ hold_times: false }, (line) => progress.say(line));

/** A program of a Go module, built in its own folder: Go names it by the last part of the module's path. */
async function installed(name: keyof typeof MODULES): Promise<string> {
  const module = MODULES[name];
  const folder = join(FOLDER, name);
  const program = join(folder, basename(module).replace(/@.*/, ""));
  if (!existsSync(program))
    await execute("go", ["install", module], { env: { ...process.env, GOBIN: folder } });
  return program;
}

async function decoderProgram(): Promise<string> {
  const decoder = join(FOLDER, "schemas");
  await execute("go", ["build", "-o", decoder, "."], { cwd: SCHEMAS });
  return decoder;
}

/** The output of a program for this input. Throws the output when the program fails. */
async function printed(program: string, args: readonly string[], input = ""): Promise<string> {
  const child = spawn(program, args, { cwd: ROOT, stdio: ["pipe", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (text: Buffer) => (output += text.toString()));
  // Helm does not read its input and may have ended already.
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(output.slice(0, 2000));
  return output;
}

async function claim(sentence: string, show: () => Promise<string>): Promise<void> {
  try {
    report.claim(sentence, true, await show());
  } catch (error) {
    report.claim(sentence, false, error instanceof Error ? error.message : String(error));
  }
}

/** The number of decoded documents of each kind. */
function counted(lines: string): string {
  return `${lines.trim().split("\n").length} documents`;
}

async function main(): Promise<void> {
  await mkdir(FOLDER, { recursive: true });
  progress.next();
  const helm = process.env["HELM"] ?? (await installed("helm"));
  const compose = await installed("compose");
  progress.say(`helm ${(await printed(helm, ["version", "--short"])).trim()}`);
  progress.next();
  const decoder = await decoderProgram();
  progress.next();
  for (const path of MANIFESTS) {
    const text = await readFile(join(ROOT, path), "utf8");
    await claim(`${path} decodes strictly`, async () => counted(await printed(decoder, [], text)));
  }
  for (const values of CHART_VALUES) {
    const set = Object.entries(values).flatMap(([name, value]) => [
      "--set-json",
      `${name}=${JSON.stringify(value)}`,
    ]);
    const with_values = Object.keys(values).length === 0 ? "its own values" : Object.keys(values).join(", ");
    await claim(`helm lint --strict has nothing against ${with_values}`, async () => {
      await printed(helm, ["lint", "--strict", CHART, ...set]);
      return "";
    });
    await claim(`what helm makes of ${with_values} decodes strictly`, async () => {
      const manifests = await printed(helm, ["template", "sampler", CHART, ...set]);
      return counted(await printed(decoder, [], manifests));
    });
  }
  progress.next();
  for (const path of COMPOSE_FILES)
    await claim(`compose takes ${path}`, async () => {
      // actionlint's command does not replace environment variables.
      await printed(compose, ["-no-interpolation", path]);
      return "";
    });
  progress.next();
  const actionlint = await installed("actionlint");
  await claim("actionlint finds nothing in the workflows", async () => {
    await printed(actionlint, [".github/workflows/ci.yml"]);
    return "";
  });
  progress.end();
  await conclude(report);
}

await run(main).finally(() => progress.end());
