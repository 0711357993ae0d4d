/** A copy of the project in which mutants are written: the files that git tracks, with the same packages. */
import { execFileSync, spawn } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

export interface Run {
  readonly passed: boolean;
  /** false: it was stopped because it took too long */
  readonly ended: boolean;
  readonly output: string;
}

export class Copy {
  readonly root = mkdtempSync(join(tmpdir(), "mutation-"));
  /** the files of the project */
  readonly files: readonly string[];

  constructor() {
    const listed = ["ls-files", "--cached", "--others", "--exclude-standard"];
    this.files = execFileSync("git", listed, { encoding: "utf8" }).trim().split("\n");
    for (const file of this.files) cpSync(file, join(this.root, file));
    symlinkSync(resolve("node_modules"), join(this.root, "node_modules"), "dir");
  }

  read(file: string): string {
    return readFileSync(join(this.root, file), "utf8");
  }

  write(file: string, text: string): void {
    writeFileSync(join(this.root, file), text);
  }

  remove(): void {
    rmSync(this.root, { recursive: true });
  }

  /** Runs these tests until the first fails. */
  test(files: readonly string[], timeout_ms: number): Promise<Run> {
    const projects = ["unit", "counters"].flatMap((name) => ["--project", name]);
    const words = ["run", ...projects, "--bail", "1", "--reporter", "dot", ...files];
    return this.run(join("node_modules", "vitest", "vitest.mjs"), words, timeout_ms);
  }

  /** Runs a program of this copy. */
  run(program: string, words: readonly string[], timeout_ms: number): Promise<Run> {
    // A separate process group, so that workers in an endless loop can be killed with it.
    const child = spawn(process.execPath, [program, ...words], { cwd: this.root, detached: true });
    let output = "";
    for (const pipe of [child.stdout, child.stderr]) pipe.on("data", (bytes) => (output += String(bytes)));
    return new Promise((done, failed) => {
      let ended = true;
      const timer = setTimeout(() => {
        ended = false;
        if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
      }, timeout_ms);
      child.on("error", failed);
      child.on("close", (code) => {
        clearTimeout(timer);
        done({ passed: code === 0, ended, output });
      });
    });
  }
}
