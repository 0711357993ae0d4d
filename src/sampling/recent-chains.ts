/**
 * Caches the chains of recent short forms. A host sends the same options with every step of a sequence; only seed,
 * step and history change. Building the chain again would cost as much as the draw.
 */
import type { Chain } from "./chain.ts";

type Fields = Readonly<Record<string, unknown>>;

const CHAINS_MAX = 256;
/** Longer keys would keep large options alive. */
const KEY_LENGTH_MAX = 1024;

const recent = new Map<string, Chain>();

/** The chain that `make` builds for these options. Only options with plain values are cached. */
export function recentChain(preset: string | undefined, fields: Fields, make: () => Chain): Chain {
  const key = keyOf(preset, fields);
  const known = key === undefined ? undefined : recent.get(key);
  if (known !== undefined) return known;
  const chain = make();
  if (key === undefined) return chain;
  if (recent.size >= CHAINS_MAX) recent.clear();
  recent.set(key, chain);
  return chain;
}

/**
 * A distinct key for distinct options; undefined when one of them is an object, or -0, which prints like 0.
 */
function keyOf(preset: string | undefined, fields: Fields): string | undefined {
  let key = JSON.stringify(preset) ?? "";
  for (const name in fields) {
    const value = fields[name];
    if (typeof value === "object" || Object.is(value, -0)) return undefined;
    key += `,${name}:${typeof value === "string" ? JSON.stringify(value) : String(value)}`;
  }
  return key.length <= KEY_LENGTH_MAX ? key : undefined;
}
