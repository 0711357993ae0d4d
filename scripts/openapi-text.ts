/** The OpenAPI document as the application itself gives it, as text for a file. */
import { buildApp } from "../src/app.ts";
import { readConfig } from "../src/config.ts";
import { createSampler } from "../src/sampling/sampler.ts";

export async function openApiText(): Promise<string> {
  const config = readConfig({});
  const sampler = createSampler({ vocab_size_max: 128, rows_max: 1 });
  const { server } = await buildApp({ config, sampler });
  try {
    await server.ready();
    return `${JSON.stringify(server.swagger(), null, 2)}\n`;
  } finally {
    await server.close();
  }
}
