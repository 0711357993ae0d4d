/** Runs the canary while some work is in progress. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { CanaryJob, Probes } from "./canary.ts";

export class Canary {
  readonly #process: ChildProcess;

  constructor(job: CanaryJob) {
    this.#process = fork(fileURLToPath(new URL("./canary.ts", import.meta.url)), {
      serialization: "advanced",
      execArgv: ["--import", "tsx"],
    });
    this.#process.send(job);
  }

  /** The probes since the last call. */
  probes(): Promise<Probes> {
    return this.#ask("probes");
  }

  async end(): Promise<void> {
    const ended = once(this.#process, "exit");
    await this.#ask("end");
    await ended;
  }

  async #ask(what: "probes" | "end"): Promise<Probes> {
    const answered = once(this.#process, "message");
    this.#process.send(what);
    const [probes] = await answered;
    return probes as Probes; // the canary sends nothing else
  }
}
