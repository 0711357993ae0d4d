/**
 * A vite plugin: copies the demo model and its tokenizer to `demo/` of the build, records the sizes of the demo's
 * files, and puts a gzipped copy beside every file that becomes smaller, for the service to send unchanged.
 */
import { copyFile, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import type { Plugin } from "vite";

const MODEL = fileURLToPath(new URL("../examples/model-host/model", import.meta.url));
const RUNTIME = fileURLToPath(import.meta.resolve("onnxruntime-web/ort-wasm-simd-threaded.wasm"));

const FILES: Readonly<Record<string, string>> = {
  "model.onnx": join(MODEL, "model_quantized.onnx"),
  "early_layers.onnx": join(MODEL, "early_layers.onnx"),
  "config.json": join(MODEL, "config.json"),
  "tokenizer.json": join(MODEL, "tokenizer.json"),
};

const COMPRESSED = /\.(?:js|css|html|svg|json|wasm|onnx)$/;

export function demoFiles(): Plugin {
  let folder = "";
  return {
    name: "demo-files",
    apply: "build",
    configResolved(config) {
      folder = config.build.outDir;
    },
    async closeBundle() {
      await mkdir(join(folder, "demo"), { recursive: true });
      const sizes: Record<string, number> = { "runtime.wasm": (await stat(RUNTIME)).size };
      for (const [name, source] of Object.entries(FILES)) {
        await copyFile(source, join(folder, "demo", name));
        sizes[name] = (await stat(source)).size;
      }
      // the page's progress uses these sizes, because a compressed transfer does not report its own
      await writeFile(join(folder, "demo", "sizes.json"), JSON.stringify(sizes));
      await compress(folder);
    },
  };
}

async function compress(folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    if (!entry.isFile() || !COMPRESSED.test(entry.name)) continue;
    const path = join(entry.parentPath, entry.name);
    const bytes = await readFile(path);
    const packed = gzipSync(bytes, { level: bytes.length > 1_000_000 ? 6 : 9 });
    if (packed.length < 0.95 * bytes.length) await writeFile(`${path}.gz`, packed);
  }
}
