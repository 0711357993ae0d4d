/** Every command of package.json that runs a program of this project lists its options and refuses unknown ones. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as { scripts: Record<string, string> };

/** The programs of the scripts, each once, with the first script that runs it. */
const PROGRAMS = new Map(
  Object.entries(scripts)
    .flatMap(([name, command]) => {
      const [, file] = /^tsx (\S+\.ts)/.exec(command) ?? [];
      return file === undefined ? [] : [[file, name] as const];
    })
    .reverse(),
);
/** Programs that no script runs. */
const OTHERS = [
  "examples/model-host/main.ts",
  "examples/reading-logits/main.ts",
  "examples/real-data/digits.ts",
  "examples/real-data/language-model.ts",
  "examples/real-data/spam.ts",
  "scripts/write-playground-rows.ts",
];

async function ran(file: string, word: string) {
  const child = spawn(process.execPath, ["--import", "tsx", file, word], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [out, err] = ["", ""];
  child.stdout.on("data", (chunk) => (out += String(chunk)));
  child.stderr.on("data", (chunk) => (err += String(chunk)));
  const [code] = await once(child, "close");
  return { code, out, err };
}

test("there are programs to ask", () => {
  expect(PROGRAMS.size).toBeGreaterThanOrEqual(20);
});

// At least two at a time: each waits for its modules to load.
describe.concurrent.each([...PROGRAMS, ...OTHERS.map((file) => [file, file] as const)])(
  "%s",
  (file, name) => {
    test("--help names the command and its options, and nothing else happens", async () => {
      const { code, out, err } = await ran(file, "--help");
      expect([code, err]).toEqual([0, ""]);
      expect(out.split("\n")[0]).toMatch(
        name === file ? `npx tsx ${file} [options]` : new RegExp(`^npm run ${name} -- \\[options\\]`),
      );
      expect(out).toMatch(/\n {2}-h, --help/);
    });

    test("its words are read by the one reader of command lines", () => {
      expect(readFileSync(file, "utf8")).toMatch(
        /^(?:const \{.*\} = | {2}const \{.*\} = | {2})?(?:commandLine|hostLine)\(\{/m,
      );
    });
  },
);

test.concurrent.each([
  "examples/model-host/demo.ts",
  "load-tests/main.ts",
  "proof/main.ts",
  "scripts/docs/write.ts",
])("an option that there is not ends %s with 2 and one sentence", async (file) => {
  const { code, out, err } = await ran(file, "--No-such-option");
  expect([code, out]).toEqual([2, ""]);
  expect(err).toMatch(/^[^\n]*--No-such-option[^\n]*\n$/);
});

test.concurrent("a proof that there is not ends the run with 2 and the names of those that there are", async () => {
  const { code, out, err } = await ran("proof/main.ts", "hostil");
  expect([code, out]).toEqual([2, ""]);
  expect(err).toMatch(/^PROOF must be one of hostile, .*, got hostil; did you mean "hostile"\?\n$/);
});

test("npm run bench knows every bench", async () => {
  const { out } = await ran("bench/main.ts", "--help");
  const benches = Object.keys(scripts).filter((name) => name.startsWith("bench:"));
  for (const name of benches) expect(out).toMatch(new RegExp(`\\n {2}${name.slice("bench:".length)} {2,}`));
});
