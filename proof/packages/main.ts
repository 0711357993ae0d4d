/**
 * `npm run proof:packages`: installs the packages as users do. A project installs the tarball that npm packs and uses
 * it as ES module, CommonJS and TypeScript, for Node and through vite and esbuild; pip installs the Python client, and
 * mypy checks it strictly. Both are installed below build/, which needs registries.
 */
import { execFile } from "node:child_process";
import { cp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { BUILD, BUILT } from "../../evidence/options.ts";
import { createProgress } from "../../evidence/progress.ts";
import { buildService, startService } from "../../evidence/service.ts";
import { commandLine, run } from "../../src/command-line.ts";
import { pack, projectWith } from "../npm.ts";
import { conclude, createReport } from "../report.ts";
import { pythonWith } from "../venv.ts";

const execute = promisify(execFile);
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const HERE = fileURLToPath(new URL(".", import.meta.url));
const FOLDER = join(ROOT, "build/proof-packages");
const PROJECT = join(FOLDER, "project");
const TOOLS = ["typescript@5.9.3", "@types/node@20.19.43", "vite@8.3.8", "esbuild@0.28.2"];
const TARBALL_BYTES_MAX = 2_000_000;
/**
 * Minified bytes of a bundle that imports only this. The client has 500 bytes more since it reopens lost connections,
 * names the address and supports beams.
 */
const BUNDLE_BYTES_MAX = { "softmax.js": 10_000, "client.js": 11_000, "sampler.js": 600_000 } as const;

const { values } = commandLine({
  name: "npm run proof:packages --",
  about:
    "Shows that the package of npm and that of Python install and work as projects use them. Both are installed below build/, which needs registries. Ends with 1 when something does not hold.",
  options: { built: BUILT },
});

const progress = createProgress([BUILD, { name: "npm and Python, side by side", seconds: 40 }]);
const report = createReport({ hold_times: false }, (line) => progress.say(line));

/** Passes when the action throws nothing and returns no message. */
async function claim(sentence: string, show: () => Promise<string>): Promise<void> {
  try {
    const got = await show();
    report.claim(sentence, got === "", got);
  } catch (error) {
    const { stdout = "", message } = error as { stdout?: string; message: string }; // of execFile
    report.claim(sentence, false, `${message}\n${stdout}`.slice(0, 2000));
  }
}

async function node(...args: readonly string[]): Promise<string> {
  const { stdout } = await execute(process.execPath, args, { cwd: PROJECT });
  return stdout.trim();
}

function unlike(got: string, want: string): string {
  return got === want ? "" : `got ${got}, expected ${want}`;
}

/**
 * Percentage of the Python package's symbols with complete types; base classes of hosts that are not installed have
 * none.
 */
const TYPES_COMPLETE_MIN = 95;

/** The hosts are not installed, so their types are `Any`. */
const STRICT = ["--strict", "--ignore-missing-imports", "--allow-subclassing-any"];

const LIBRARY = JSON.stringify({
  token_id: 1,
  logprob: -0.7833432722140898,
  next: 1,
  code: "invalid_option",
  typed: true,
  sum: 0.268_941_421_369_995_16,
});

async function compiled(compiler: string, module: string, moduleResolution: string): Promise<string> {
  const compilerOptions = {
    ...{ strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, outDir: "out" },
    ...{
      target: "ES2022",
      module,
      moduleResolution,
      lib: ["ES2023", "DOM", "DOM.Iterable"],
      types: ["node"],
    },
  };
  await writeFile(join(PROJECT, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["library.ts"] }));
  await node(join(compiler, "bin/tsc"), "-p", ".");
  return unlike(await node("out/library.js"), LIBRARY);
}

async function bundled(name: keyof typeof BUNDLE_BYTES_MAX): Promise<string> {
  const out = `out/esbuild-${name}`;
  const flags = ["--bundle", "--minify", "--format=esm", "--platform=browser", `--outfile=${out}`];
  await node("node_modules/esbuild/bin/esbuild", name, ...flags);
  const { size } = await stat(join(PROJECT, out));
  report.figure(`${name}, bundled and minified, bytes`, String(size));
  const same = unlike(await node(out), await node(name));
  return same === "" && size > BUNDLE_BYTES_MAX[name] ? `it has ${size} bytes` : same;
}

async function npmPackage(): Promise<void> {
  const packed = await pack(FOLDER);
  report.claim(
    `the tarball has at most ${TARBALL_BYTES_MAX} bytes`,
    packed.bytes <= TARBALL_BYTES_MAX,
    String(packed.bytes),
  );
  const warnings = await projectWith(PROJECT, [...TOOLS, packed.path]);
  if (warnings !== undefined)
    report.claim(
      "it installs without a warning about engines",
      !warnings.includes("EBADENGINE"),
      warnings.slice(0, 800),
    );
  await cp(join(HERE, "project"), PROJECT, { recursive: true });
  await publishing(packed.path);
  await claim("ES modules import it", async () => unlike(await node("sampler.js"), "1"));
  await claim("CommonJS requires it", async () => unlike(await node("common.cjs"), "1 function"));
  await claim("TypeScript 5 compiles against it strictly, nodenext, and the program runs", () =>
    compiled("node_modules/typescript", "nodenext", "nodenext"),
  );
  await claim("TypeScript 7 compiles against it strictly, bundler, and the program runs", () =>
    compiled(join(ROOT, "node_modules/typescript"), "esnext", "bundler"),
  );
  for (const name of ["softmax.js", "client.js", "sampler.js"] as const)
    await claim(`esbuild bundles ${name} for browsers to at most ${BUNDLE_BYTES_MAX[name]} bytes`, () =>
      bundled(name),
    );
  await claim("vite bundles the sampler", async () => {
    const library = `{ build: { lib: { entry: "sampler.js", formats: ["es"], fileName: "vite" }, outDir: "out/vite" } }`;
    await writeFile(join(PROJECT, "vite.config.js"), `export default ${library};\n`);
    await node("node_modules/vite/bin/vite.js", "build", "--logLevel", "error");
    return unlike(await node("out/vite/vite.js"), "1");
  });
  await claim("its command serves", async () => {
    const { stdout } = await execute("npx", ["--no-install", "logit-sampler", "--version"], { cwd: PROJECT });
    const { version } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")) as { version: string };
    return unlike(stdout.trim(), `logit-sampler ${version}`);
  });
}

/** Programs that check the package as registries and users do. CommonJS in Node ≥ 20.19 can require ES modules. */
async function publishing(tarball: string): Promise<void> {
  const tools = join(FOLDER, "publishing");
  await projectWith(tools, ["publint@0.3.25", "@arethetypeswrong/cli@0.18.5"]);
  const bin = (name: string) => join(tools, "node_modules/.bin", name);
  await claim("publint finds nothing, however strict", () =>
    quiet(bin("publint"), ["run", tarball, "--strict"]),
  );
  await claim("“Are the types wrong?” finds nothing for ES modules", () =>
    quiet(bin("attw"), [tarball, "--profile", "esm-only"]),
  );
  await claim("npm publish --dry-run would publish it to everybody", async () => {
    const { stderr } = await execute("npm", ["publish", tarball, "--dry-run", "--ignore-scripts"], {
      cwd: tools,
    });
    return stderr.includes("public access") ? "" : stderr.slice(-800);
  });
}

/** An empty text when a program ends with 0, otherwise its output. */
async function quiet(program: string, args: readonly string[]): Promise<string> {
  await execute(program, args, { cwd: FOLDER, maxBuffer: 2 ** 26 });
  return "";
}

async function pythonPackage(): Promise<void> {
  const folder = join(FOLDER, "python");
  const python = await pythonWith(folder, {
    whole: ["mypy==2.3.0", "numpy", "build==1.6.1", "twine==7.0.0"],
  });
  // pip builds in the source folder.
  const source = join(FOLDER, "python-source");
  await cp(join(ROOT, "clients/python"), source, { recursive: true });
  await execute(python, ["-m", "pip", "install", "-q", "--force-reinstall", "--no-deps", source]);
  await claim("a wheel and an sdist are built, and twine finds nothing in them, however strict", async () => {
    const dist = join(FOLDER, "python-dist");
    await rm(dist, { recursive: true, force: true });
    await execute(python, ["-m", "build", source, "--outdir", dist]);
    const files = (await readdir(dist)).map((name) => join(dist, name));
    return quiet(python, ["-m", "twine", "check", "--strict", ...files]);
  });
  const service = await startService();
  try {
    await claim("pip installs the Python client, which draws", async () => {
      const program = `from logit_sampler import SamplerClient\nprint(SamplerClient(${JSON.stringify(service.url)}).sample([1, 2.5, -0.3, 2.4], temperature=0)["token_id"])`;
      const { stdout } = await execute(python, ["-c", program], { cwd: FOLDER });
      return unlike(stdout.trim(), "1");
    });
  } finally {
    await service.stop();
  }
  await claim("mypy reads the installed package strictly and finds nothing", async () => {
    const told = await mypy(python, "-p", "logit_sampler");
    return told.startsWith("Success") ? "" : told;
  });
  await claim("mypy finds nothing in a program whose options and replies are right", async () => {
    const told = await mypy(python, join(HERE, "python/right.py"));
    return told.startsWith("Success") ? "" : told;
  });
  await claim("mypy finds each mistake in options and replies of another, and names it", () =>
    mistakes(python),
  );
  await claim(`pyright finds types complete to at least ${TYPES_COMPLETE_MIN} %`, () => completeness(folder));
}

async function mypy(python: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await execute(python, ["-m", "mypy", ...STRICT, ...args], { cwd: FOLDER }).catch(
    (error: unknown) => error as { readonly stdout: string }, // of execFile, where mypy finds something
  );
  return stdout;
}

/** Every line of wrong.py with a comment has the error that the comment names. */
async function mistakes(python: string): Promise<string> {
  const path = join(HERE, "python/wrong.py");
  const told = (await mypy(python, path)).split("\n");
  const lines = (await readFile(path, "utf8")).split("\n");
  const missed = lines.filter((line, index) => {
    const words = line.split("  # ")[1];
    if (words === undefined) return false;
    return !told.some((each) => each.includes(`wrong.py:${index + 1}: error`) && each.includes(words));
  });
  return missed.length === 0 ? "" : `not found: ${missed.join("; ")}\n${told.join("\n")}`;
}

async function completeness(environment: string): Promise<string> {
  const pyright = join(FOLDER, "pyright");
  await projectWith(pyright, ["pyright@1.1.414"]);
  const env = { ...process.env, PATH: `${join(environment, "bin")}:${process.env["PATH"]}` };
  const args = [
    join(pyright, "node_modules/pyright/index.js"),
    "--verifytypes",
    "logit_sampler",
    "--ignoreexternal",
  ];
  const { stdout } = await execute(process.execPath, args, { cwd: FOLDER, env }).catch(
    (error: unknown) => error as { readonly stdout: string }, // it ends with 1 below 100 %
  );
  const score = Number(/Type completeness score: ([\d.]+)%/.exec(stdout)?.[1] ?? 0);
  report.figure("completeness of the types of the Python package, %", String(score));
  return score >= TYPES_COMPLETE_MIN ? "" : stdout.slice(-1500);
}

async function main(): Promise<void> {
  progress.next();
  if (!values.built) await buildService();
  progress.next();
  await Promise.all([npmPackage(), pythonPackage()]);
  progress.end();
  await conclude(report);
}

await run(main).finally(() => progress.end());
