/** `npm run generate`: writes all generated files, in the order of their dependencies. */
import { spawnSync } from "node:child_process";
import { CHECK } from "../evidence/options.ts";
import { createProgress, LINES } from "../evidence/progress.ts";
import { commandLine, run } from "../src/command-line.ts";

const { values } = commandLine({
  name: "npm run generate --",
  about:
    "Writes all that is generated: src/kernels/*.wasm.ts, openapi/openapi.json, tables and pages of the documentation, the client's types, conformance/vectors; then formats.",
  options: { check: CHECK },
});

const SCRIPTS = [
  { name: "build:kernel", seconds: 6 },
  { name: "build:vocabulary", seconds: 1 },
  { name: "build:openapi", seconds: 2 },
  { name: "build:docs", seconds: 2 },
  { name: "build:conformance", seconds: 12 },
];
/** Generated files are formatted by the formatter, except the client's types. */
const FORMAT = { name: "format", seconds: 5 };

function npm(...words: readonly string[]): void {
  const shell = process.platform === "win32";
  const { status } = spawnSync("npm", ["run", "--silent", ...words], { stdio: "inherit", shell });
  if (status !== 0) throw new Error(`npm run ${words.join(" ")} ended with ${status}`);
}

await run(() => {
  const scripts = values.check ? SCRIPTS : [...SCRIPTS, FORMAT];
  const progress = createProgress(scripts, LINES);
  try {
    for (const { name } of scripts) {
      progress.next();
      npm(name, ...(values.check ? ["--", "--check"] : []));
    }
  } finally {
    progress.end();
  }
});
