/** The hosts and clients of the proof, and the packages that npm and PyPI must install for them. */
import type { Packages } from "../venv.ts";
import type { Host } from "./host.ts";

const TYPES = "@types/node@20.19.43";

export const HOSTS: readonly Host[] = [
  {
    name: "node-llama-cpp",
    runs_in: "node",
    script: "node-llama-cpp",
    is_long: false,
    packages: ["node-llama-cpp@3.22.1", `@node-llama-cpp/linux-${process.arch}@3.22.1`, TYPES],
    is_plain: true,
  },
  {
    name: "transformers.js",
    runs_in: "node",
    script: "transformers-js",
    is_long: false,
    packages: ["@huggingface/transformers@4.3.1", TYPES],
  },
  // A Python client that sends 64 bodies at once on a busy machine needs more than the 250 ms for which a request waits
  // for a row.
  python("tritonclient", "tritonclient", { SHARED_MEMORY: "on", LOGIT_SAMPLER_QUEUE_MS: "5000" }),
  python("KServe's REST client", "kserve"),
  python("onnxruntime", "onnxruntime"),
  long("transformers", "transformers"),
  long("llama-cpp-python", "llama_cpp"),
  long("llama.cpp", "llama_sampler_c"),
  long("vLLM", "vllm"),
  long("vLLM, model runner V2", "vllm_v2"),
  long("SGLang", "sglang"),
  long("mlx-lm", "mlx_lm"),
  long("onnxruntime-genai", "onnxruntime_genai"),
  long("Dynamo, TensorRT-LLM", "dynamo"),
  long("Triton, BLS", "triton_bls"),
];

function python(name: string, script: string, service?: Readonly<Record<string, string>>): Host {
  return { name, runs_in: "python", script, is_long: false, ...(service !== undefined && { service }) };
}

function long(name: string, script: string): Host {
  return { name, runs_in: "python", script, is_long: true };
}

export const SHORT_PACKAGES: Packages = {
  whole: ["tritonclient[http]==2.73.0", "kserve==0.21.0", "onnxruntime==1.32.0"],
};

/** Engines are installed without their GPU dependencies, so only the parts that need no GPU run. */
export const LONG_PACKAGES: Packages = {
  whole: [
    ...SHORT_PACKAGES.whole,
    "torch==2.15.0",
    "transformers==5.24.0",
    "llama-cpp-python==0.3.36",
    "mlx[cpu]==0.32.4",
    "onnxruntime-genai==0.18.0",
    // The engine of Sampler(), which adapters accept in place of a client.
    "mini-racer==0.14.1",
    // Modules that vLLM, SGLang and Dynamo import before their samplers.
    ...[
      "blake3",
      "cachetools",
      "cbor2",
      "cloudpickle",
      "compressed-tensors",
      "datasets",
      "depyf",
      "dill",
      "diskcache",
    ],
    ...[
      "einops",
      "gguf",
      "ijson",
      "IPython",
      "interegular",
      "lark",
      "llguidance",
      "msgpack",
      "msgspec",
      "numba",
    ],
    ...[
      "nvidia-ml-py",
      "openai",
      "openai-harmony",
      "orjson",
      "partial-json-parser",
      "pillow",
      "prometheus_client",
    ],
    ...[
      "psutil",
      "py-cpuinfo",
      "pybase64",
      "pyzmq",
      "scipy",
      "sentencepiece",
      "setproctitle",
      "soundfile",
      "tiktoken",
    ],
    ...["triton", "uvloop", "watchfiles", "xgrammar", "xxhash", "zstandard"],
  ],
  alone: [
    ...["vllm==0.33.0", "sglang==0.5.23", "mlx-lm==0.32.2"],
    ...["ai-dynamo==1.6.1", "ai-dynamo-runtime==1.6.1"],
  ],
};
