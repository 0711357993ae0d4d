/** Writes the head of the page into index.html at the build, so that a reader sees it before the program has run. */
import { createServer, type Plugin, type ResolvedConfig } from "vite";

/** The browser values that the head's modules read at load time: an address without options, and no chosen theme. */
const BROWSER = {
  location: new URL("http://localhost/"),
  document: { documentElement: { dataset: {} }, addEventListener() {} },
  addEventListener() {},
};

const PLACE = '<div id="page"></div>';

/** Puts the skip links and the head into the page's element. The program then takes over the same elements. */
export function headFirst(): Plugin {
  let config: ResolvedConfig;
  return {
    name: "head-first",
    apply: "build",
    configResolved(resolved) {
      config = resolved;
    },
    async transformIndexHtml(html) {
      if (!html.includes(PLACE)) throw new Error(`index.html has no ${PLACE}`);
      return html.replace(PLACE, PLACE.replace("><", `>${await headOf(config)}<`));
    },
  };
}

async function headOf({ root, base, resolve, oxc }: ResolvedConfig): Promise<string> {
  Object.assign(globalThis, BROWSER);
  const server = await createServer({
    root,
    base,
    // Vite's server would turn the "./" of a folder of files into "/".
    define: { "import.meta.env.BASE_URL": JSON.stringify(base) },
    configFile: false,
    appType: "custom",
    resolve: { alias: resolve.alias },
    oxc,
    optimizeDeps: { noDiscovery: true },
    server: { middlewareMode: true, watch: null, ws: false },
  });
  try {
    const { head_text } = await server.ssrLoadModule("/src/head-text.tsx");
    return String(head_text);
  } finally {
    await server.close();
    for (const name of Object.keys(BROWSER)) delete (globalThis as Record<string, unknown>)[name];
  }
}
