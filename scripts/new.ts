/**
 * `npm run new -- stage my_sampler`: writes the file of a new member of a kind, its line in the kind's list, and a
 * failing test.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { commandLine, Misuse, run } from "../src/command-line.ts";
import { listed, SKELETONS } from "./skeletons.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const KINDS = Object.keys(SKELETONS);

const { operands } = commandLine({
  name: "npm run new --",
  about:
    "Writes one more of a kind: its file, its line at the end of the kind's list, its definition in float64 where the kind has one, and a test that fails until a person has written what is right. Move the line by hand where order counts. Then run: npm run format && npm run generate.",
  options: {},
  operands: {
    placeholder: "KIND NAME",
    about: `one of ${KINDS.join(", ")}, and its name on the wire: one word of a-z, 0-9 and _`,
    count_max: 2,
    read: (word) => word,
  },
});

await run(() => {
  const [kind = "", name = ""] = operands;
  const make = SKELETONS[kind];
  if (make === undefined) throw new Misuse(`KIND must be one of ${KINDS.join(", ")}, got ${kind || "none"}`);
  if (!/^[a-z][a-z0-9_]*$/.test(name))
    throw new Misuse(`NAME must be one word of a-z, 0-9 and _, got ${name || "none"}`);
  const { files, list } = make(name);
  const taken = Object.keys(files).filter((path) => existsSync(join(ROOT, path)));
  if (taken.length > 0) throw new Misuse(`there is a ${taken.join(" and a ")}`);
  const path = join(ROOT, list.path);
  writeFileSync(path, listed(readFileSync(path, "utf8"), list));
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(ROOT, file)), { recursive: true });
    writeFileSync(join(ROOT, file), text);
  }
  console.log([...Object.keys(files), list.path].join("\n"));
});
