/** Markdown about the service's settings, made from its configuration: docs/configuration.md. */
import { describeSettings } from "../src/config.ts";
import { cell, code, table } from "./markdown.ts";

/** docs/configuration.md. */
export function configurationPage(): string {
  const rows = describeSettings().map(({ variable, meaning, standard }) => [
    code(variable),
    cell(meaning),
    // The default depends on the machine that writes the page; what it depends on does not.
    variable === "WORKERS" ? "one per core granted" : code(String(standard)),
  ]);
  return [
    "# Configuration",
    "",
    "The service is set by environment variables. A value out of range, or a `LOGIT_SAMPLER_` variable that does not",
    "exist, stops the start with a sentence that says so. This page is generated from `src/config.ts` by",
    "`npm run generate`.",
    "",
    table(["variable", "meaning", "default"], rows),
    "",
  ].join("\n");
}
