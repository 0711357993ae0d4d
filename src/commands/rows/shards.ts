/** Finds the shards of a command: files, patterns, folders, or standard input. */
import { readdirSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { ENDINGS, STDIN } from "../../shards/open.ts";

/** The shards that these words name, in the order of the words; those of one word are sorted by name. */
export function shardsOf(words: readonly string[]): string[] {
  const shards = words.flatMap(expand);
  const twice = shards.find((shard, i) => shards.indexOf(shard) !== i);
  if (twice !== undefined) throw new Error(`${twice} is named twice`);
  return shards;
}

function expand(word: string): string[] {
  if (word === STDIN) return [word];
  if (basename(word).includes("*")) return matching(word);
  return statSync(word).isDirectory() ? shardsIn(word) : [word];
}

function shardsIn(folder: string): string[] {
  const shards = named(folder, (name) => isShard(name));
  if (shards.length === 0)
    throw new Error(`${folder} has no shard in it: none that ends with ${ENDINGS.join(", ")}`);
  return shards;
}

/** `*` stands for any number of characters, in the last part of a path only. */
function matching(pattern: string): string[] {
  const parts = basename(pattern)
    .split("*")
    .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  const name = new RegExp(`^${parts.join(".*")}$`);
  const shards = named(dirname(pattern), (each) => name.test(each) && !each.endsWith(".targets.npy"));
  if (shards.length === 0) throw new Error(`no file is called ${pattern}`);
  return shards;
}

function named(folder: string, wanted: (name: string) => boolean): string[] {
  return readdirSync(folder)
    .filter(wanted)
    .sort()
    .map((name) => join(folder, name));
}

/** A file of targets beside rows is not a shard. */
function isShard(name: string): boolean {
  return ENDINGS.some((ending) => name.endsWith(ending)) && !name.endsWith(".targets.npy");
}
