/**
 * Keys as they are configured. Only their SHA-256 digests are kept, so that the process's memory tells no key.
 */
import { createHash } from "node:crypto";

const LENGTH_MIN = 16;

/** Digests of keys, each trimmed; empty ones are left out. Throws an Error that does not show the key. */
export function digestsOf(keys: readonly string[]): Uint8Array[] {
  const trimmed = keys.map((key) => key.trim()).filter((key) => key !== "");
  for (const key of trimmed) {
    if (key.length < LENGTH_MIN)
      throw new Error(`must hold keys of at least ${LENGTH_MIN} characters, got one of ${key.length}`);
    if (!/^[\x21-\x7e]+$/.test(key))
      throw new Error("must hold keys of visible ASCII characters, got one with others");
  }
  return trimmed.map(digestOf);
}

export function digestOf(key: string): Uint8Array {
  return createHash("sha256").update(key).digest();
}
