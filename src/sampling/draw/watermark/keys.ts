/**
 * The keys of watermarks: 64-bit secrets under public ids. A request names an id. Values that a scheme derives from the
 * secret are computed once and cached with it. The secrets are not visible to JSON or a log.
 */
import { Problem, show } from "../../../errors.ts";
import { sha256 } from "../../sha256.ts";

/** Two words, the lower half first. */
export type KeyWords = readonly [low: number, high: number];

const MASK = 0xffffffffn;

let keys_made = 0;

export class WatermarkKey {
  /** unique per key within a process */
  readonly number = keys_made++;
  readonly #secrets: readonly bigint[];
  readonly #made = new Map<string, unknown>();

  /** The first secret is the key; several secrets are the keys of SynthID's layers. */
  constructor(secrets: readonly bigint[]) {
    this.#secrets = secrets;
  }

  /** The key as configured. */
  get value(): bigint {
    return this.#secrets[0] as bigint; // a key has at least one secret
  }

  get words(): KeyWords {
    return wordsOf(this.value);
  }

  /** vLLM's derivation of a second key: the first 8 bytes of SHA-256(domain ‖ the key's 8 bytes), big-endian. */
  derived(domain: string): bigint {
    return this.once(`derived ${domain}`, () => {
      const bytes = new Uint8Array(domain.length + 8);
      for (let i = 0; i < domain.length; i++) bytes[i] = domain.charCodeAt(i);
      new DataView(bytes.buffer).setBigUint64(domain.length, this.value);
      const digest = sha256(bytes);
      return new DataView(digest.buffer).getBigUint64(0);
    });
  }

  /** The keys of this number of layers: the configured ones, or keys derived from a single one. */
  layers(count: number): readonly bigint[] {
    if (this.#secrets.length > 1) return this.#secrets;
    return Array.from({ length: count }, (_, layer) => this.derived(`synthid_${layer}`));
  }

  /**
   * The value that `make` derives from this key, cached under a name: for small values only. See tables.ts for large ones.
   */
  once<Made>(name: string, make: () => Made): Made {
    const known = this.#made.get(name) as Made | undefined; // the maker of this name made it
    if (known !== undefined) return known;
    const made = make();
    this.#made.set(name, made);
    return made;
  }
}

export function wordsOf(key: bigint): KeyWords {
  return [Number(key & MASK), Number((key >> 32n) & MASK)];
}

/** The keys that a sampler knows. */
export interface WatermarkKeys {
  get(id: string): WatermarkKey | undefined;
  readonly size: number;
  /** The reason why this id may not be used here; undefined, or absent, when it may. */
  refusal?(id: string): string | undefined;
}

export const NO_WATERMARK_KEYS: WatermarkKeys = { get: () => undefined, size: 0 };

const SECRET_MAX = 2n ** 64n - 1n;

/** Keys by id, each a secret of 64 bits, or those of SynthID's layers. Throws an Error that shows no secret. */
export function watermarkKeys(secrets: Readonly<Record<string, bigint | readonly bigint[]>>): WatermarkKeys {
  const keys = new Map<string, WatermarkKey>();
  for (const [id, secret] of Object.entries(secrets)) {
    if (!KEY_ID.test(id)) throw new Error(`the id of a watermark key ${KEY_ID_RULE}, got ${show(id)}`);
    const list = typeof secret === "bigint" ? [secret] : secret;
    if (list.length === 0 || list.length > LAYERS_MAX || list.some((each) => each < 0n || each > SECRET_MAX))
      throw new Error(`the watermark key ${show(id)} must be 1 to ${LAYERS_MAX} numbers from 0 to 2^64 - 1`);
    keys.set(id, new WatermarkKey(list));
  }
  return keys;
}

/** A layer is a bit of a word. */
export const LAYERS_MAX = 32;

export const KEY_ID = /^[A-Za-z0-9_.-]{1,64}$/;
export const KEY_ID_RULE = "must be 1 to 64 letters, digits, points, hyphens and underscores";

/** The key of this id; throws a Problem that names the id. */
export function requireKey(keys: WatermarkKeys, id: string, pointer: string): WatermarkKey {
  const refusal = keys.refusal?.(id);
  if (refusal !== undefined) throw new Problem("forbidden", refusal, pointer);
  const key = keys.get(id);
  if (key !== undefined) return key;
  const known = keys.size === 0 ? "this server has no watermark keys" : "there is no such watermark key";
  throw new Problem("unknown_key", `${known}, got the id ${show(id)}`, pointer);
}
