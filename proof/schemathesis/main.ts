/**
 * `npm run proof:schemathesis`: Schemathesis reads the OpenAPI document of the built service, generates valid and
 * invalid requests from it, and must find no answer that the document does not describe. It is installed below build/,
 * which needs python3 and a package index, so this is not part of `npm run proof`.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { BUILT } from "../../evidence/options.ts";
import { buildService, startService } from "../../evidence/service.ts";
import { commandLine, run } from "../../src/command-line.ts";
import { pythonWith } from "../venv.ts";

const { values, operands } = commandLine({
  name: "npm run proof:schemathesis --",
  about:
    "Lets Schemathesis make requests from the OpenAPI document of the built service and judge the answers. It is installed below build/, which needs python3 and a package index.",
  options: { built: BUILT },
  operands: {
    placeholder: "ARGUMENT",
    about: "goes to Schemathesis; those that begin with a dash stand behind --",
    read: (word) => word,
  },
});

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const HERE = fileURLToPath(new URL(".", import.meta.url));
const VENV = join(ROOT, "build/proof-schemathesis");
const PACKAGE = "schemathesis==4.32.5";

async function execute(program: string, args: readonly string[]): Promise<number> {
  // Schemathesis stores its findings in the working directory.
  const env = { ...process.env, PYTHONPATH: HERE, PYTHONDONTWRITEBYTECODE: "1", SCHEMATHESIS_HOOKS: "hooks" };
  const child = spawn(program, args, { stdio: "inherit", cwd: join(ROOT, "build"), env });
  const [code] = await once(child, "exit");
  return Number(code ?? 1);
}

async function main(): Promise<void> {
  if (!values.built) await buildService();
  await pythonWith(VENV, { whole: [PACKAGE] });
  const directory = await mkdtemp(join(tmpdir(), "schemathesis-"));
  await writeFile(join(directory, "logits"), Float32Array.of(1, 2.5, -0.3, 2.4));
  const service = await startService({ SHARED_MEMORY: "on", SHARED_MEMORY_DIR: directory });
  try {
    const config = ["--config-file", join(HERE, "schemathesis.toml")];
    process.exitCode = await execute(join(VENV, "bin/schemathesis"), [
      ...config,
      "run",
      `${service.url}/openapi.json`,
      ...operands,
    ]);
  } finally {
    await service.stop();
    await rm(directory, { recursive: true });
  }
}

await run(main);
