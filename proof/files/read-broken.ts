/**
 * Reads the files named on standard input, one per line, and prints the result of each. proof/files/broken.ts runs this
 * process.
 */
import { readFileSync, writeSync } from "node:fs";
import { Problem } from "../../src/errors.ts";
import { scoreFile } from "./score-file.ts";

const CLASSES = 23;

/**
 * A library's errors are caught and named where they occur; a RangeError or TypeError that escapes is a defect of ours.
 */
function endOf(error: unknown): "refused" | "defect" {
  const is_system = error instanceof Error && "code" in error && !(error instanceof Problem);
  return error instanceof Problem || (error instanceof Error && error.constructor === Error && !is_system)
    ? "refused"
    : "defect";
}

for (const path of readFileSync(0, "utf8").split("\n")) {
  const began = process.cpuUsage();
  let end: "read" | "refused" | "defect" = "read";
  let words = "";
  try {
    await scoreFile(path, CLASSES);
  } catch (error) {
    end = endOf(error);
    words = end === "defect" && error instanceof Error ? (error.stack ?? "") : String(error);
  }
  const { user, system } = process.cpuUsage(began);
  const ms = (user + system) / 1000;
  const mib = process.memoryUsage.rss() / 2 ** 20;
  writeSync(1, `${JSON.stringify({ path, end, ms, mib, words: words.slice(0, 600) })}\n`);
}
