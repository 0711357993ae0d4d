/** Watermark keys from a file of ids and secrets, one key per line. Errors show only the number of a line. */
import { type WatermarkKeys, watermarkKeys } from "../sampling/draw/watermark/keys.ts";

/** `main 0x0123456789abcdef` or `main 42`; several secrets, separated by commas, are the keys of SynthID's layers. */
const LINE = /^(\S+)\s+((?:0x[0-9a-fA-F]{1,16}|\d{1,20})(?:,(?:0x[0-9a-fA-F]{1,16}|\d{1,20}))*)$/;

/** The keys of a file's lines; empty lines, and those that begin with #, are ignored. */
export function watermarkKeysOf(lines: readonly string[]): WatermarkKeys {
  const secrets: Record<string, readonly bigint[]> = {};
  for (const [index, line] of lines.entries()) {
    const text = line.trim();
    if (text === "" || text.startsWith("#")) continue;
    const [, id, list] = LINE.exec(text) ?? [];
    if (id === undefined || list === undefined)
      throw new Error(
        `must hold lines of an id and a secret of 64 bits, such as "main 0x0123456789abcdef"; line ${index + 1} is none`,
      );
    if (Object.hasOwn(secrets, id))
      throw new Error(`must hold each id once; that of line ${index + 1} came before`);
    secrets[id] = list.split(",").map((secret) => BigInt(secret));
  }
  return watermarkKeys(secrets);
}
