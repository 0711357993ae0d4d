/**
 * The process: a primary that keeps its workers alive and tells them when to end, and workers that each run the
 * whole application on a core of their own. Sampling happens in the worker that has the connection.
 */
import cluster from "node:cluster";
import { readConfig } from "./config.ts";
import { runPrimary } from "./http/processes/primary.ts";

if (cluster.isPrimary) {
  try {
    runPrimary(readConfig(process.env));
  } catch (error) {
    process.stderr.write(`logit-sampler: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
} else {
  // Loaded here, since the primary has no use for the application.
  const { runWorker } = await import("./http/processes/worker.ts");
  await runWorker(readConfig(process.env));
}
