/** Bundles the page into dist/playground, with the demo model beside it, so that what is shipped needs no network. */
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { demoFiles } from "./vite-demo-files.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: here("."),
  base: "/",
  publicDir: here("public"),
  build: {
    outDir: here("../dist/playground"),
    emptyOutDir: true,
    target: "es2023",
    // the theme must be known before the first paint; all else is small enough to be one file
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
  worker: { format: "es" },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  plugins: [demoFiles()],
});
