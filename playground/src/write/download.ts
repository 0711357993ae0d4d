/** Fetches the model's files, and reports the number of bytes received so far and in total. */

import runtime_url from "onnxruntime-web/ort-wasm-simd-threaded.wasm?url";

const FILES = ["config.json", "tokenizer.json", "runtime.wasm", "model.onnx", "early_layers.onnx"] as const;

/** Beside the page; the worker's script is in another folder. */
const DEMO = import.meta.env.BASE_URL === "/" ? "/demo/" : "../demo/";

export type DemoFiles = Readonly<Record<(typeof FILES)[number], ArrayBuffer>>;

export async function downloadDemo(tell: (loaded: number, total: number) => void): Promise<DemoFiles> {
  const sizes = (await (await get("sizes.json")).json()) as Record<string, number>;
  const total = FILES.reduce((sum, name) => sum + (sizes[name] ?? 0), 0);
  let loaded = 0;
  const entries: [string, ArrayBuffer][] = [];
  for (const name of FILES) {
    const bytes = await read(await get(name), sizes[name] ?? 0, (more) => {
      loaded += more;
      tell(loaded, total);
    });
    entries.push([name, bytes]);
  }
  return Object.fromEntries(entries) as unknown as DemoFiles; // one entry for each of FILES
}

async function get(name: string): Promise<Response> {
  const url = name === "runtime.wasm" ? runtime_url : new URL(`${DEMO}${name}`, location.href).href;
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} does not load: ${response.status}`);
  return response;
}

async function read(response: Response, size: number, tell: (more: number) => void): Promise<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  let at = 0;
  const reader = response.body?.getReader();
  for (let part = await reader?.read(); part?.value !== undefined; part = await reader?.read()) {
    bytes.set(part.value, at);
    at += part.value.length;
    tell(part.value.length);
  }
  if (at !== size) throw new Error(`a file of the demo came with ${at} of ${size} bytes`);
  return bytes.buffer;
}
