/** Markdown about the service's settings, made from its configuration: docs/configuration.md. */

import { cell, code, table } from "../../evidence/markdown.ts";
import { describeSettings } from "../../src/config/config.ts";

/** Defaults that depend on the machine, described in words so that the page is the same on every machine. */
const GRANTED: Readonly<Record<string, string>> = {
  WORKERS: "one per granted core",
  LOGIT_SAMPLER_CONNECTIONS_MAX: "the granted descriptors minus 128; at most `8192`",
  LOGIT_SAMPLER_HELD_BYTES_MAX: "the rest of the granted memory, from 32 to 128 MiB",
};

/** docs/configuration.md. */
export function configurationPage(): string {
  const rows = describeSettings().map(({ variable, meaning, standard }) => [
    code(variable),
    cell(meaning),
    GRANTED[variable] ?? code(String(standard)),
  ]);
  return [
    "# Configuration",
    "",
    "This page lists the settings of the service. They are environment variables, for example",
    "`PORT=9000 WORKERS=2 npm start`. A value out of range, or a `LOGIT_SAMPLER_` variable that does",
    "not exist, stops the start with an error that names it. The page is generated from `src/config/config.ts` by",
    "`npm run generate`.",
    "",
    table(["variable", "meaning", "default"], rows),
    "",
  ].join("\n");
}
