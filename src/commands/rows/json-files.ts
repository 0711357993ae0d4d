/** Files of JSON that options name. */
import { readFileSync } from "node:fs";

/** The JSON of a file with options, such as a calibration from an endpoint's reply. */
export function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new Error(`${path}: ${error.message}`);
  }
}

/** A part of such a file: a calibration, from a file that holds it or the reply around it. */
export function readPart(path: string, name: string): unknown {
  const value = readJson(path);
  const holds = typeof value === "object" && value !== null && name in value;
  return holds ? (value as Readonly<Record<string, unknown>>)[name] : value;
}
