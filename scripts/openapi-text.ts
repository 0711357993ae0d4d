/** The OpenAPI document of the application with all features switched on, as text for a file. */

import { jsonLines } from "../evidence/json-lines.ts";
import { buildApp } from "../src/app.ts";
import { readConfig } from "../src/config/config.ts";
import { createSampler } from "../src/sampling/sampler.ts";

export async function openApiText(): Promise<string> {
  const config = readConfig({ SHARED_MEMORY: "on" });
  const sampler = createSampler({ vocab_size_max: 128, rows_max: 1 });
  const { server } = await buildApp({ config, sampler });
  try {
    await server.ready();
    return `${jsonLines(server.swagger())}\n`;
  } finally {
    await server.close();
  }
}
