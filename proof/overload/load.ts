/** Runs the generator in a process of its own, and prepares the requests that it sends. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { Connection } from "../connection.ts";
import { encode, type Message } from "../message.ts";
import type { LoadJob, LoadResult } from "./generator.ts";

export async function generate(job: LoadJob): Promise<LoadResult> {
  const generator = fork(fileURLToPath(new URL("./generator.ts", import.meta.url)), {
    serialization: "advanced",
    execArgv: ["--import", "tsx"],
  });
  const ended = once(generator, "exit").then(([code]) => {
    throw new Error(`the load generator ended with ${code}`);
  });
  generator.send(job);
  const answered = once(generator, "message").then(([result]) => result as LoadResult);
  const result = await Promise.race([answered, ended]);
  await ended.catch(() => undefined);
  return result;
}

/** Each message with its reply from an idle service. */
export async function withReplies(url: string, messages: readonly Message[]): Promise<LoadJob["requests"]> {
  const connection = new Connection(url);
  const requests: { bytes: Uint8Array; expected: string }[] = [];
  for (const message of messages) {
    const bytes = encode(message);
    const { status, body } = await connection.exchange(bytes);
    if (status !== 200) throw new Error(`a request of the load is refused: ${body}`);
    requests.push({ bytes, expected: body });
  }
  connection.close();
  return requests;
}
