/** Runs cases through a host's own code, in a separate Python process. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Answer, Case, Host } from "./host.ts";

export interface About {
  readonly version: string;
  readonly ran: string;
}

const FOLDER = fileURLToPath(new URL("python", import.meta.url));

/** The host's description of itself, and its answers in the order of the cases. */
export async function runHost(
  python: string,
  { module }: Pick<Host, "module">,
  cases: readonly Case[],
): Promise<{ readonly about: About; readonly answers: readonly Answer[] }> {
  const child = spawn(python, ["harness.py", module], { cwd: FOLDER, stdio: ["pipe", "pipe", "pipe"] });
  const ended = once(child, "exit");
  const errors: string[] = [];
  child.stderr.on("data", (text: Buffer) => errors.push(text.toString()));
  child.stdin.on("error", () => errors.push("the harness takes no more cases"));
  child.stdin.end(cases.map(lineOf).join(""));
  let about: About | undefined;
  const answers: Answer[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    if (about === undefined)
      about = JSON.parse(line) as About; // the harness's first line
    else answers.push(JSON.parse(line) as Answer); // its others
  }
  await ended;
  if (about !== undefined && answers.length === cases.length) return { about, answers };
  throw new Error(
    `${module} answered ${answers.length} of ${cases.length} cases: ${errors.join("").slice(-2000)}`,
  );
}

/** JSON has no −Infinity: null stands for it. */
function lineOf({ logits, ...asked }: Case): string {
  return `${JSON.stringify({ ...asked, logits: logits.map((x) => (Number.isFinite(x) ? x : null)) })}\n`;
}
