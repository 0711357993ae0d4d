/**
 * Writes openapi/openapi.json from the routes and schemas of the application.
 */
import { readFile, writeFile } from "node:fs/promises";
import { CHECK } from "../evidence/options.ts";
import { commandLine, run } from "../src/command-line.ts";
import { openApiText } from "./openapi-text.ts";

const TARGET = "openapi/openapi.json";

const { values } = commandLine({
  name: "npm run build:openapi --",
  about: `Writes ${TARGET} from the routes and schemas of the application.`,
  options: { check: CHECK },
});

await run(async () => {
  const text = await openApiText();
  const present = await readFile(TARGET, "utf8").catch(() => "");
  if (present === text) return;
  if (values.check) throw new Error(`${TARGET} is not what the routes say: run npm run build:openapi`);
  await writeFile(TARGET, text);
});
