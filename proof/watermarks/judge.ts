/** Runs the hosts' own watermarks in a Python process: each line of JSON gets one answer. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export interface Judge {
  ask<Answer>(what: string, asked?: Readonly<Record<string, unknown>>): Promise<Answer>;
  stop(): Promise<void>;
}

const FILE = fileURLToPath(new URL("./python/judge.py", import.meta.url));

export function startJudge(python: string): Judge {
  const child = spawn(python, ["-B", FILE], { stdio: ["pipe", "pipe", "pipe"] });
  const ended = once(child, "exit");
  const errors: string[] = [];
  child.stderr.on("data", (text: Buffer) => errors.push(text.toString()));
  child.stdin.on("error", () => errors.push("it takes no more questions"));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async ask<Answer>(what: string, asked: Readonly<Record<string, unknown>> = {}) {
      child.stdin.write(`${JSON.stringify({ what, ...asked })}\n`);
      const { value, done } = await lines.next();
      if (done === true) throw new Error(`the judge ended at ${what}: ${errors.join("").slice(-2000)}`);
      return JSON.parse(value) as Answer; // one line for each question, as judge.py writes it
    },
    async stop() {
      child.stdin.end();
      await ended;
    },
  };
}
