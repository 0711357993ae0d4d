/** The kinds of engines, in the order in which they are tried for a server. A new kind is a file and a line here. */
import { type Engine, EngineError, type EngineKind } from "./engine.ts";
import { llamaServer } from "./llama-server.ts";
import { openai } from "./openai.ts";
import { type EngineSettings, openServer } from "./server.ts";
import { sglang } from "./sglang.ts";
import { vllm } from "./vllm.ts";

/** The last kind accepts every server with a list of models. */
export const ENGINES: readonly EngineKind[] = [llamaServer, vllm, sglang, openai];

/**
 * Opens the engine at an address such as http://127.0.0.1:8081: finds its kind and its model. Throws an EngineError
 * when no kind fits.
 */
export async function engine(url: string, settings: EngineSettings = {}): Promise<Engine> {
  const server = await openServer(url, settings);
  for (const kind of ENGINES) {
    const opened = await kind.open(server);
    if (opened !== undefined) return opened;
  }
  throw new EngineError(
    `${server.url} is none of ${ENGINES.map(({ name }) => name).join(", ")}: it has no list of models at /v1/models`,
  );
}

export type {
  Count,
  Engine,
  EngineFacts,
  EngineKind,
  NextRow,
} from "./engine.ts";
export { EngineError } from "./engine.ts";
export { logitsOf, type PartOfRow } from "./logits.ts";
export type { EngineSettings } from "./server.ts";
