/**
 * The service as a command. A primary process keeps its workers alive and stops them. Each worker runs the whole
 * application on a core of its own. The worker that has the connection does the sampling.
 */
import cluster from "node:cluster";
import { columns, commandLine } from "../command-line.ts";
import { describeSettings, readConfig } from "../config/config.ts";
import { PROCESS } from "../config/settings.ts";
import { messageOf } from "../errors.ts";
import { runPrimary } from "../http/processes/primary.ts";

/** All settings come from the environment, so a desktop and a container are configured in the same way. */
export async function serve(name: string, words: readonly string[]): Promise<void> {
  if (cluster.isPrimary) {
    commandLine(
      {
        name,
        about: "Token sampling as a service: logits in, token out, over HTTP. Ctrl+C or SIGTERM stops it.",
        options: {},
        epilogue: `Set by environment variables, for instance PORT=9000 ${name}:\n\n${settingsText()}\n\nAll settings: docs/configuration.md. API pages, once it runs: http://127.0.0.1:8080/docs`,
      },
      words,
    );
    try {
      runPrimary(readConfig(process.env));
    } catch (error) {
      process.stderr.write(`logit-sampler: ${messageOf(error)}\n`);
      process.exitCode = 1;
    }
    return;
  }
  // Loaded here, because the primary does not need the application.
  const { runWorker } = await import("../http/processes/worker.ts");
  await runWorker(readConfig(process.env));
}

/** The settings for where and how the process runs, without its limits. */
function settingsText(): string {
  const names = new Set(Object.keys(PROCESS.shape).map((name) => name.toUpperCase()));
  return columns(
    describeSettings()
      .filter(({ variable }) => names.has(variable))
      .map(({ variable, meaning, standard }) => [
        variable,
        standard === "" ? meaning : `${meaning} Default ${standard}.`,
      ]),
  );
}
