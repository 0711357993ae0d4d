/** Scores a file as `logit-sampler score` does, in this process. */
import { NOWHERE } from "../../src/analysis/tasks/task.ts";
import { analysisOf } from "../../src/commands/rows/analyses.ts";
import { openShard } from "../../src/shards/open.ts";

export interface Scored {
  readonly rows: number;
  readonly cross_entropy: number;
  readonly top_1: number;
}

/** Throws the command's message when it refuses the file. */
export async function scoreFile(path: string, vocab_size?: number): Promise<Scored> {
  const running = (await analysisOf("score")).begin({}, null, NOWHERE);
  const shard = await openShard(path, { vocab_size, targets: undefined });
  try {
    for (let index = 0; ; index++) {
      const row = shard.next();
      if (row === undefined) return running.tally.report() as Scored; // of the score tally
      running.take(row, index);
    }
  } finally {
    shard.close();
  }
}
