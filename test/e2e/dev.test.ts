/** `npm run dev` answers with the current sources, whichever file of src was edited. */
import { type ChildProcess, spawn } from "node:child_process";
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";

const COPIED = ["src", "package.json", "tsconfig.json", "openapi"];

let directory: string;
let child: ChildProcess;
let url: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "dev-"));
  for (const name of COPIED) await cp(name, join(directory, name), { recursive: true });
  await symlink(resolve("node_modules"), join(directory, "node_modules"));
  const { scripts } = JSON.parse(await readFile("package.json", "utf8")) as { scripts: { dev: string } };
  const [command = ""] = scripts.dev.split(" | "); // logs are read here
  const env = { ...process.env, PATH: `${resolve("node_modules/.bin")}:${process.env["PATH"]}` };
  const settings = { HOST: "127.0.0.1", PORT: "0", WORKERS: "1", SPARE_WORKERS: "0" };
  // A process group, so that the shell, the watcher and the service end together.
  child = spawn(command, {
    cwd: directory,
    shell: true,
    detached: true,
    env: { ...env, ...settings },
    stdio: ["ignore", "pipe", "inherit"],
  });
  url = await listening();
}, 60_000);
afterAll(async () => {
  if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  await rm(directory, { recursive: true, force: true });
});

/** The next address that the primary logs. */
function listening(): Promise<string> {
  return new Promise((done) => {
    let text = "";
    const take = (bytes: Buffer) => {
      text += bytes.toString();
      const address = /"role":"primary".*"listening at (http:[^"]+)"/.exec(text)?.[1];
      if (address === undefined) return;
      child.stdout?.off("data", take);
      done(address);
    };
    child.stdout?.on("data", take);
  });
}

async function told(path: string, words: string): Promise<boolean> {
  try {
    return (await (await fetch(url + path)).text()).includes(words);
  } catch {
    return false; // it is being restarted
  }
}

test.each([
  ["src/sampling/stages/top-k.ts", "/v1/samplers", /formula: "/, 'formula: "edited just now: '],
  [
    "src/app.ts",
    "/edited-just-now",
    /addHealth\(app, service\);/,
    'addHealth(app, service);\n  app.get("/edited-just-now", () => "edited just now");',
  ],
] as const)(
  "an edit of %s",
  async (file, path, part, instead) => {
    expect(await told(path, "edited just now")).toBe(false);
    const again = listening();
    const source = await readFile(join(directory, file), "utf8");
    expect(source).toMatch(part);
    await sleep(1000); // the watcher looks at the time of files
    await writeFile(join(directory, file), source.replace(part, instead));
    url = await again;
    expect(await told(path, "edited just now")).toBe(true);
  },
  60_000,
);
