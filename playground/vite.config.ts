/**
 * Bundles the page with the demo model, so that it needs no network: into dist/playground for the service, and with
 * `--mode pages` into build/pages, a folder that any static web server can serve without the service.
 */
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { demoFiles } from "./vite-demo-files.ts";
import { headFirst } from "./vite-head.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig(({ command, mode }) => {
  // A NODE_ENV from outside, such as a test runner's, would make a larger development build.
  if (command === "build") process.env["NODE_ENV"] = "production";
  const is_alone = mode === "pages";
  return {
    root: here("."),
    base: is_alone ? "./" : "/",
    publicDir: here("public"),
    build: {
      outDir: here(is_alone ? "../build/pages" : "../dist/playground"),
      emptyOutDir: true,
      target: "es2023",
      // the theme must be known before the first paint; everything else fits into one file
      modulePreload: { polyfill: false },
      assetsInlineLimit: 0,
      reportCompressedSize: false,
    },
    worker: { format: "es" },
    oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
    resolve: {
      alias: is_alone
        ? [
            { find: /^.*\/(transport|place)\.ts$/, replacement: `${here("src/api/in-page")}/$1.ts` },
            { find: "node:buffer", replacement: here("../src/local/buffer.ts") },
          ]
        : [],
    },
    plugins: [demoFiles(), headFirst()],
  };
});
