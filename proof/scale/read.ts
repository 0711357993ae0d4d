/** A separate process that only reads a shard: `read.ts FILE ROUNDS` prints seconds of CPU and elements, as JSON. */
import { openShard } from "../../src/shards/open.ts";

const [path = "", rounds = "1"] = process.argv.slice(2);
const seconds: number[] = [];
let elements = 0;
for (let round = 0; round < Number(rounds); round++) {
  const began = process.cpuUsage();
  elements = 0;
  const shard = await openShard(path, { vocab_size: undefined, targets: undefined });
  for (let row = shard.next(); row !== undefined; row = shard.next()) elements += row.values.length;
  shard.close();
  const { user, system } = process.cpuUsage(began);
  seconds.push((user + system) / 1e6);
}
console.log(JSON.stringify({ seconds, elements }));
