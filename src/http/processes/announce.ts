/** Reports that the service has started, or why it could not: in a terminal as text, else in the log. */
import cluster from "node:cluster";
import type { Logger } from "pino";
import type { Config } from "../../config/config.ts";
import { isCannotListen } from "./cannot-listen.ts";
import { banner } from "./console.ts";

/** Call before the first worker is started. Ends the process when no worker can listen. */
export function announce(config: Config, log: Logger): void {
  const is_terminal = process.stdout.isTTY === true;
  let listening = 0;
  cluster.on("listening", (_worker, { port }) => {
    listening += 1;
    // Replacement workers are not announced.
    if (is_terminal && listening === config.workers) process.stdout.write(banner(config, port));
  });
  cluster.on("message", (_worker, message) => {
    if (!isCannotListen(message)) return;
    if (listening > 0) {
      log.error(message.cannot_listen);
      return;
    }
    // The other workers would fail and report in the same way.
    for (const worker of Object.values(cluster.workers ?? {})) worker?.process.kill("SIGKILL");
    if (is_terminal) process.stderr.write(`logit-sampler: ${message.cannot_listen}\n`);
    else log.fatal(message.cannot_listen);
    process.exit(1);
  });
}
