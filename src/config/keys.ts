/** API keys. Only their SHA-256 digests are stored, so the process's memory does not reveal a key. */
import { createHash } from "node:crypto";

const LENGTH_MIN = 16;

/** Digests of keys, each trimmed; empty ones are ignored. Throws an Error that does not show the key. */
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

/** The permissions of a key's owner. */
export interface KeyGrant {
  /** the name of the owner, shown in problems */
  readonly id: string;
  /** ids of the watermark keys that steps and searches may name; undefined: all */
  readonly watermark_keys: readonly string[] | undefined;
  /** paths that may be called; undefined: all */
  readonly routes: readonly string[] | undefined;
  /** true when the owner may leave out the service's default watermark */
  readonly may_opt_out: boolean;
}

export interface ApiKey {
  readonly digest: Uint8Array;
  /** undefined: the key has no owner and all permissions of a key */
  readonly grant: KeyGrant | undefined;
}

const OWNER_ID = /^[A-Za-z0-9_.-]{1,64}$/;
const OPT_OUT = "opt-out";

/**
 * The keys of a file's lines: a key alone, or `id key [watermark-keys] [routes] [opt-out]`. Lists are separated by commas, `*`
 * stands for all, `-` for none. Throws an Error that shows no key.
 */
export function apiKeysOf(lines: readonly string[]): ApiKey[] {
  const keys: ApiKey[] = [];
  for (const [index, line] of lines.entries()) {
    const words = line.trim().split(/\s+/);
    if (words[0] === "") continue;
    if (words.length === 1) keys.push(...digestsOf(words).map((digest) => ({ digest, grant: undefined })));
    else keys.push(ownedKeyOf(words, index + 1));
  }
  return keys;
}

function ownedKeyOf(words: readonly string[], line: number): ApiKey {
  const may_opt_out = words.length > 2 && words.at(-1) === OPT_OUT;
  const [id = "", key = "", marks = "*", routes = "*", ...others] = may_opt_out ? words.slice(0, -1) : words;
  if (!OWNER_ID.test(id) || others.length > 0)
    throw new Error(
      `must hold lines of a key, or of "id key [watermark-keys] [routes] [opt-out]"; line ${line} of the keys is neither`,
    );
  const [digest] = digestsOf([key]);
  const stray = listOf(routes)?.find((path) => !path.startsWith("/"));
  if (stray !== undefined)
    throw new Error(`must hold routes that begin with /, got ${JSON.stringify(stray)} for the key ${id}`);
  const grant = { id, watermark_keys: listOf(marks), routes: listOf(routes), may_opt_out };
  return { digest: digest as Uint8Array, grant }; // digestsOf has thrown where there is none
}

/** Undefined for all. */
function listOf(word: string): readonly string[] | undefined {
  if (word === "*") return undefined;
  return word === "-" ? [] : word.split(",").filter((each) => each !== "");
}

export function digestOf(key: string): Uint8Array {
  return createHash("sha256").update(key).digest();
}
