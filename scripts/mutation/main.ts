/**
 * Mutation testing: changes one line of the kernels, the samplers or the wire in a copy of the project, and runs the
 * tests that reach it. A mutant that no test notices shows that a mistake there would stay unnoticed. It is reported;
 * then either a test is written, or test/mutants.md says why none is needed.
 */
import { readFileSync } from "node:fs";
import { stripVTControlCharacters } from "node:util";
import { seeded } from "../../evidence/seeded.ts";
import { commandLine, count, flag, run, some } from "../../src/command-line.ts";
import { Copy, type Run } from "./copy.ts";
import { chosen, type Mutant, mutantsOf, mutated } from "./mutants.ts";
import { Imports } from "./related.ts";
import { SWITCHES } from "./switches/index.ts";
import { switched } from "./switches/switch.ts";

const AREAS = ["kernels", "assembly", "sampling", "wire"] as const;
type Area = (typeof AREAS)[number];

const { values, operands } = commandLine({
  name: "npm run mutate --",
  about:
    "Changes one line at a time in a copy of src/kernels, src/sampling and src/wire, and runs the tests that reach it. Ends with 1 when a mutant survives that test/mutants.md does not name.\n\nWith FILES, only lines of those are changed, and only their switches.",
  operands: { placeholder: "FILE", about: "a file of src to change", read: (word: string) => word },
  options: {
    count: count("N", "how many mutants", 50),
    minutes: count("N", "no mutant is begun after so many minutes", 30),
    seed: count("N", "which mutants", 1, 0),
    areas: some(AREAS, "what is changed"),
    near: flag("runs only the tests of kernels, sampling, wire and /v2, not all that reach the change"),
    switches: flag(
      "switches off each short way of switches/ instead, and ends with 1 when its tests do not notice",
    ),
    list: flag("prints the mutants, and runs nothing"),
  },
});

/** Tests that run first: those without a server, and those of /v2, whose reader has no others. */
const NEAR = /^test\/(?:kernels\/|sampling\/|wire\/|http\/v2).*\.test\.ts$/;
/** Everything that runs in a unit test. */
const UNIT = /^test\/(?!e2e\/|bench\/).*\.test\.ts$/;
/** A run that takes longer is counted as endless. */
const TIMEOUT_MS = 240_000;
/** Survivors with their reason, a line each: `file: original code` → `replacement`. */
const REASONS = "test/mutants.md";

function areaOf(file: string): Area | undefined {
  const [, area = "", rest = ""] = /^src\/(kernels|sampling|wire)\/(.*)\.ts$/.exec(file) ?? [];
  if (rest.endsWith(".wasm") || rest.endsWith(".d")) return undefined;
  const name = /(^|\/)assembly\//.test(rest) ? "assembly" : area;
  return AREAS.find((each) => each === name);
}

function isWanted(file: string): boolean {
  const area = areaOf(file);
  if (area === undefined) return false;
  return operands.length > 0 ? operands.includes(file) : values.areas.includes(area);
}

/** The mutant as a line in the list of accepted survivors. */
function nameOf({ file, before, after }: Mutant): string {
  return `${file}: \`${before.trim()}\` → \`${after.trim()}\``;
}

const COMPILED = [
  "src/kernels/kernel.wasm.ts",
  "src/kernels/analysis.wasm.ts",
  "src/wire/json/numbers.wasm.ts",
];

/** A mutant in a copy. */
interface Placed {
  /** true when the running code differs from the original */
  readonly changed: boolean;
  restore(): void;
  apply(): void;
}

/** Writes a mutant; for assembly, the module compiled from it. */
async function place(copy: Copy, mutant: Mutant): Promise<Placed> {
  const is_assembly = areaOf(mutant.file) === "assembly";
  const files = is_assembly ? [mutant.file, ...COMPILED] : [mutant.file];
  const before = files.map((file) => copy.read(file));
  copy.write(mutant.file, mutated(copy.read(mutant.file), mutant));
  const built =
    !is_assembly ||
    (await copy.run("node_modules/tsx/dist/cli.mjs", ["scripts/build-wasm.ts"], TIMEOUT_MS)).passed;
  // The fingerprint of the module would detect every mutant, but it does not test its behaviour.
  const hash = /KERNEL_HASH = "\w+"/;
  const after = files.map((file, i) => copy.read(file).replace(hash, hash.exec(before[i] ?? "")?.[0] ?? ""));
  const write = (texts: readonly string[]) => {
    for (const [i, text] of texts.entries()) copy.write(files[i] as string, text); // as many as files
  };
  write(after);
  const from = is_assembly ? 1 : 0;
  const changed = built && after.slice(from).join() !== before.slice(from).join();
  return { changed, restore: () => write(before), apply: () => write(after) };
}

/** The tests that use a file; for assembly, the tests of all users of its compiled module. */
function readersOf(imports: Imports, { file }: Mutant, tests: readonly string[]): string[] {
  if (areaOf(file) !== "assembly") return imports.reaching(file, tests);
  return [...new Set(COMPILED.flatMap((compiled) => imports.reaching(compiled, tests)))];
}

type Fate = "killed" | "survived" | "never ended" | "nothing changed" | "unreached";

function fateOf({ passed, ended }: Run): Fate {
  if (!ended) return "never ended";
  return passed ? "survived" : "killed";
}

/** These tests, and those of them that fail without a mutant, which are ignored. */
class Tests {
  readonly all: readonly string[];
  readonly #copy: Copy;
  readonly #sound = new Map<string, boolean>();

  constructor(copy: Copy) {
    this.#copy = copy;
    this.all = copy.files.filter((file) => UNIT.test(file) && (!values.near || NEAR.test(file)));
  }

  /**
   * Runs these test files with the mutant in place. A failure counts if its test passes after `restore`, which must be
   * undone.
   */
  async run(files: readonly string[], placed: Placed): Promise<Fate> {
    const tried = files.filter((file) => this.#sound.get(file) !== false);
    if (tried.length === 0) return "survived";
    const told = await this.#copy.test(tried, TIMEOUT_MS);
    const [failed] = failureIn(told);
    if (fateOf(told) !== "killed" || failed === undefined) return fateOf(told);
    if (!this.#sound.has(failed)) {
      placed.restore();
      this.#sound.set(failed, (await this.#copy.test([failed], TIMEOUT_MS)).passed);
      placed.apply();
    }
    if (this.#sound.get(failed)) return "killed";
    console.log(`${failed} fails without any mutant: it is left out`);
    return this.run(tried, placed);
  }
}

async function fate(copy: Copy, imports: Imports, mutant: Mutant, tests: Tests): Promise<Fate> {
  const readers = readersOf(imports, mutant, tests.all);
  const near = readers.filter((test) => NEAR.test(test));
  const others = readers.filter((test) => !NEAR.test(test));
  if (readers.length === 0) return "unreached";
  const placed = await place(copy, mutant);
  try {
    if (!placed.changed) return "nothing changed";
    // The nearest tests find most mutants in a tenth of the time.
    for (const files of [near.slice(0, 12), near.slice(12), others]) {
      const told = await tests.run(files, placed);
      if (told !== "survived") return told;
    }
    return "survived";
  } finally {
    placed.restore();
  }
}

async function survivorsOf(copy: Copy, mutants: readonly Mutant[]): Promise<Mutant[]> {
  const imports = new Imports(copy.root);
  const end_ms = performance.now() + 60_000 * values.minutes;
  const tests = new Tests(copy);
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

/** The file and name of the first failed test in vitest's output; both undefined when no test failed. */
function failureIn({ output }: Run): readonly string[] {
  return / FAIL .*?(test\/\S+)(?: > (.*))?/.exec(stripVTControlCharacters(output))?.slice(1) ?? [];
}

/** Checks that the tests of each switch pass on the original, and fail with the fast path off. */
async function trySwitches(copy: Copy): Promise<void> {
  const sound = new Map<string, Run>();
  const wanted = SWITCHES.filter(({ file }) => operands.length === 0 || operands.includes(file));
  for (const each of wanted) {
    const key = each.tests.join();
    const before = sound.get(key) ?? (await copy.test(each.tests, TIMEOUT_MS));
    sound.set(key, before);
    if (!before.passed) throw new Error(`${key} fails without any change:\n${before.output}`);
    const { restore } = await place(copy, switched(each, copy.read(each.file)));
    const after = await copy.test(each.tests, TIMEOUT_MS);
    restore();
    const told = fateOf(after);
    console.log(`${told.padEnd(15)} ${each.name}: ${failureIn(after)[1] ?? ""}`);
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
