/** The version of the service, as its package says. */
import { readFileSync } from "node:fs";

const PACKAGE = new URL("../../package.json", import.meta.url);

export const VERSION = String((JSON.parse(readFileSync(PACKAGE, "utf8")) as { version: unknown }).version);
