/**
 * Mutation testing: changes one line of the kernels, the samplers or the wire in a copy of the project, and runs the
 * tests that reach it. A mutant that no test notices is one that a mistake could become: it is told, and either a test
 * is written or test/mutants.md says why there need be none.
 */
import { readFileSync } from "node:fs";
import { stripVTControlCharacters } from "node:util";
import { seeded } from "../../proof/seeded.ts";
import { commandLine, count, flag, run, some } from "../../src/command-line.ts";
import { Copy, type Run } from "./copy.ts";
import { chosen, type Mutant, mutantsOf, mutated } from "./mutants.ts";
import { Imports } from "./related.ts";
import { SWITCHES, switched } from "./switches.ts";

const AREAS = ["kernels", "assembly", "sampling", "wire"] as const;
type Area = (typeof AREAS)[number];

const { values, operands } = commandLine({
  name: "npm run mutate --",
  about:
    "Changes one line at a time in a copy of src/kernels, src/sampling and src/wire, and runs the tests that reach it. Ends with 1 when a mutant survives that test/mutants.md does not name.\n\nWith FILES, only lines of those are changed.",
  operands: { placeholder: "FILE", about: "a file of src to change", read: (word: string) => word },
  options: {
    count: count("N", "how many mutants", 50),
    minutes: count("N", "no mutant is begun after so many minutes", 30),
    seed: count("N", "which mutants", 1, 0),
    areas: some(AREAS, "what is changed"),
    near: flag("runs only the tests of kernels, sampling, wire and /v2, not all that reach the change"),
    switches: flag(
      "switches off each short way of switches.ts instead, and ends with 1 when its tests do not notice",
    ),
    list: flag("prints the mutants, and runs nothing"),
  },
});

/** Where mutants are looked for first: tests without a server, and those of /v2, whose reader has no others. */
const NEAR = /^test\/(?:kernels\/|sampling\/|wire\/|http\/v2).*\.test\.ts$/;
/** Everything that runs in a unit test. */
const UNIT = /^test\/(?!e2e\/|bench\/).*\.test\.ts$/;
/** A run that takes longer is one that does not end. */
const TIMEOUT_MS = 240_000;
/** Survivors with their reason, a line each: `file: what stands there` → `what stood in its place`. */
const REASONS = "test/mutants.md";

function areaOf(file: string): Area | undefined {
  const [, area = "", rest = ""] = /^src\/(kernels|sampling|wire)\/(.*)\.ts$/.exec(file) ?? [];
  if (rest.endsWith(".wasm") || rest.endsWith(".d")) return undefined;
  const name = area === "kernels" && rest.startsWith("assembly/") ? "assembly" : area;
  return AREAS.find((each) => each === name);
}

function isWanted(file: string): boolean {
  const area = areaOf(file);
  if (area === undefined) return false;
  return operands.length > 0 ? operands.includes(file) : values.areas.includes(area);
}

/** As a line of the list of those that may survive. */
function nameOf({ file, before, after }: Mutant): string {
  return `${file}: \`${before.trim()}\` → \`${after.trim()}\``;
}

const COMPILED = ["kernel", "numbers", "analysis"].map((name) => `src/kernels/${name}.wasm.ts`);

/** Puts a mutant in place; false when what runs is the same as before. `restore` takes it out again. */
async function place(copy: Copy, mutant: Mutant): Promise<{ changed: boolean; restore(): void }> {
  const sources = areaOf(mutant.file) === "assembly" ? [mutant.file, ...COMPILED] : [mutant.file];
  const texts = sources.map((file) => [file, copy.read(file)] as const);
  const restore = () => {
    for (const [file, text] of texts) copy.write(file, text);
  };
  const text = copy.read(mutant.file);
  copy.write(mutant.file, mutated(text, mutant));
  if (sources.length === 1) return { changed: true, restore };
  const built = await copy.run("node_modules/tsx/dist/cli.mjs", ["scripts/build-wasm.ts"], TIMEOUT_MS);
  let changed = false;
  for (const [file, before] of texts.slice(1)) {
    // The fingerprint of the module tells every mutant, but no test of what it does.
    const hash = /KERNEL_HASH = "\w+"/;
    const after = copy.read(file).replace(hash, hash.exec(before)?.[0] ?? "");
    copy.write(file, after);
    if (after !== before) changed = true;
  }
  return { changed: changed && built.passed, restore };
}

/** What reads a file: of assembly, whatever uses what is compiled from it. */
function readersOf(imports: Imports, { file }: Mutant, tests: readonly string[]): string[] {
  if (areaOf(file) !== "assembly") return imports.reaching(file, tests);
  return [...new Set(COMPILED.flatMap((compiled) => imports.reaching(compiled, tests)))];
}

type Fate = "killed" | "survived" | "never ended" | "nothing changed" | "unreached";

function fateOf({ passed, ended }: Run): Fate {
  if (!ended) return "never ended";
  return passed ? "survived" : "killed";
}

async function fate(copy: Copy, imports: Imports, mutant: Mutant, tests: readonly string[]): Promise<Fate> {
  const readers = readersOf(imports, mutant, tests);
  const near = readers.filter((test) => NEAR.test(test));
  const others = values.near ? [] : readers.filter((test) => !NEAR.test(test));
  if (near.length + others.length === 0) return "unreached";
  const { changed, restore } = await place(copy, mutant);
  try {
    if (!changed) return "nothing changed";
    // Most are found by what is nearest, in a tenth of the time.
    for (const files of [near.slice(0, 12), near.slice(12), others]) {
      if (files.length === 0) continue;
      const told = fateOf(await copy.test(files, TIMEOUT_MS));
      if (told !== "survived") return told;
    }
    return "survived";
  } finally {
    restore();
  }
}

/** The tests that pass in the copy as it is: others can tell nothing. */
async function soundTests(copy: Copy, imports: Imports, mutants: readonly Mutant[]): Promise<string[]> {
  const all = copy.files.filter((file) => UNIT.test(file) && (!values.near || NEAR.test(file)));
  const used = new Set(mutants.flatMap((mutant) => readersOf(imports, mutant, all)));
  const sound: string[] = [];
  const words = ["run", "--project", "unit", "--reporter", "json", "--outputFile", "sound.json", ...used];
  const { output } = await copy.run("node_modules/vitest/vitest.mjs", words, 4 * TIMEOUT_MS);
  const report = readReport(copy, output);
  for (const { name, status } of report) {
    const file = name.slice(copy.root.length + 1);
    if (status === "passed") sound.push(file);
    else console.log(`${file} fails without any mutant: it is left out`);
  }
  return sound;
}

function readReport(copy: Copy, output: string): readonly { name: string; status: string }[] {
  try {
    return (JSON.parse(copy.read("sound.json")) as { testResults: { name: string; status: string }[] })
      .testResults; // what vitest's JSON reporter writes
  } catch {
    throw new Error(`the tests do not run without any mutant:\n${output}`);
  }
}

async function survivorsOf(copy: Copy, mutants: readonly Mutant[]): Promise<Mutant[]> {
  const imports = new Imports(copy.root);
  const end_ms = performance.now() + 60_000 * values.minutes;
  const tests = await soundTests(copy, imports, mutants);
  const survivors: Mutant[] = [];
  const fates = new Map<Fate, number>();
  for (const mutant of mutants) {
    if (performance.now() > end_ms) break;
    const told = await fate(copy, imports, mutant, tests);
    fates.set(told, (fates.get(told) ?? 0) + 1);
    console.log(
      `${told.padEnd(15)} ${mutant.file}:${mutant.line} ${nameOf(mutant).slice(mutant.file.length + 2)}`,
    );
    if (told === "survived" || told === "unreached") survivors.push(mutant);
  }
  console.log([...fates].map(([told, times]) => `${times} ${told}`).join(", "));
  return survivors;
}

/** The first test that failed, of what vitest prints. */
function failureIn({ output }: Run): string {
  const [, name] = / FAIL .*? > (.*)/.exec(stripVTControlCharacters(output)) ?? [];
  return name === undefined ? "" : `: ${name}`;
}

/** Whether the tests of each switch pass as it is, and fail when the short way is off. */
async function trySwitches(copy: Copy): Promise<void> {
  const sound = new Map<string, Run>();
  for (const each of SWITCHES) {
    const key = each.tests.join();
    const before = sound.get(key) ?? (await copy.test(each.tests, TIMEOUT_MS));
    sound.set(key, before);
    if (!before.passed) throw new Error(`${key} fails without any change:\n${before.output}`);
    const { restore } = await place(copy, switched(each, copy.read(each.file)));
    const after = await copy.test(each.tests, TIMEOUT_MS);
    restore();
    const told = fateOf(after);
    console.log(`${told.padEnd(15)} ${each.name}${failureIn(after)}`);
    if (told === "survived") process.exitCode = 1;
  }
}

await run(async () => {
  const copy = new Copy();
  try {
    if (values.switches) {
      await trySwitches(copy);
      return;
    }
    const all = copy.files.filter(isWanted).flatMap((file) => mutantsOf(file, copy.read(file)));
    const mutants = chosen(all, values.count, seeded(values.seed));
    console.log(`${mutants.length} of ${all.length} mutants`);
    if (values.list) {
      for (const mutant of mutants) console.log(nameOf(mutant));
      return;
    }
    const known = readFileSync(REASONS, "utf8");
    const unknown = (await survivorsOf(copy, mutants)).filter((mutant) => !known.includes(nameOf(mutant)));
    for (const mutant of unknown) console.error(`no test notices ${nameOf(mutant)}`);
    if (unknown.length > 0) process.exitCode = 1;
  } finally {
    copy.remove();
  }
});
