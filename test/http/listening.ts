/** The application, listening on a free port of this machine, with the limits of a test. */
import { type App, buildApp } from "../../src/app.ts";
import { readConfig } from "../../src/config/config.ts";
import { loadVocabularies } from "../../src/config/vocabularies.ts";
import { watermarkKeys } from "../../src/sampling/draw/watermark/keys.ts";
import { createSampler, type Sampler } from "../../src/sampling/sampler.ts";

/** The vocabularies of a service without VOCABULARIES_DIR. */
const VOCABULARIES = loadVocabularies("", "");

/** The watermark key that every test may use. */
const KEYS = watermarkKeys({ main: 42n });

export interface Listening extends App {
  readonly url: string;
  readonly sampler: Sampler;
  /** Closes the remaining connections, and ends the application. */
  close(): Promise<void>;
}

/** `limits` are LOGIT_SAMPLER_… in lower case, such as `{ rows_max: 2 }`; `environment` is used unchanged. */
export async function listen(
  limits: Readonly<Record<string, number>> = {},
  environment: Readonly<Record<string, string>> = {},
): Promise<Listening> {
  const given = { vocab_size_max: 4096, rows_max: 4, ...limits };
  const names = Object.entries(given).map(([name, value]) => [
    `LOGIT_SAMPLER_${name.toUpperCase()}`,
    `${value}`,
  ]);
  const read = readConfig({ ...environment, ...Object.fromEntries(names) });
  const config = read.watermark_keys.size > 0 ? read : { ...read, watermark_keys: KEYS };
  const sampler = createSampler(config.limits, undefined, {
    keys: config.watermark_keys,
    vocabularies: VOCABULARIES,
  });
  const app = await buildApp({ config, sampler });
  const url = await app.server.listen({ host: "127.0.0.1", port: 0 });
  const close = async () => {
    app.server.server.closeAllConnections();
    await app.server.close();
  };
  return { ...app, url, sampler, close };
}

/** Waits, turn by turn of the event loop, until a condition holds. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise<void>((resolve) => setImmediate(resolve));
}
