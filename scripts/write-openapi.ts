/**
 * Writes openapi/openapi.json from the routes and schemas of the application. With `--check` it writes nothing and
 * fails when the file differs.
 */
import { readFile, writeFile } from "node:fs/promises";
import { openApiText } from "./openapi-text.ts";

const TARGET = "openapi/openapi.json";

const text = await openApiText();
const present = await readFile(TARGET, "utf8").catch(() => "");
if (present !== text && process.argv.includes("--check")) {
  console.error(`${TARGET} is not what the routes say: run npm run build:openapi`);
  process.exitCode = 1;
} else if (present !== text) {
  await writeFile(TARGET, text);
}
