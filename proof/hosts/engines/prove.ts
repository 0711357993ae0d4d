/**
 * Real engines, driven by `logit-sampler generate` and judged by `logit-sampler audit`. Compares the tokens of partial
 * rows with those of whole rows, and milliseconds a token with the engine's own sampler, and checks that injected
 * faults are found.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { AuditReport } from "../../../src/engines/audit/audit.ts";
import type { Report } from "../../proof.ts";
import { faulty } from "./faulty.ts";
import { llamaServerProgram, type Running, startLlamaServer, startVllm, vllmProgram } from "./running.ts";

const CLI = fileURLToPath(new URL("../../../dist/cli.js", import.meta.url));
const PROMPT = "It was a fine morning, and";
const TOKENS = 60;
const TOP = 50;
/** Minimum tokens a second, where the engine alone takes 2 ms a token. */
const PER_SECOND_MIN = 100;

interface Fault {
  readonly name: string;
  readonly change: (body: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>;
  /** what a reason has to say */
  readonly says: RegExp;
  readonly options?: readonly string[];
}

const OTHER_VALUES: readonly Fault[] = [
  {
    name: "another top_p",
    change: (body) => ({ ...body, top_p: 0.9 }),
    says: /top_p were 0\.(?:89|9|91)\d*, where 0\.95 was asked/,
  },
  {
    name: "another temperature",
    change: (body) => ({ ...body, temperature: 0.9 }),
    says: /temperature were 0\.9, where 0\.8 was asked/,
  },
];
const ANOTHER_ORDER: Fault = {
  name: "another order of samplers",
  change: (body) => ({ ...body, samplers: ["temperature", "top_k", "top_p", "min_p"] }),
  says: /temperature came before/,
  options: ["--temperature", "0.5", "--top-k", "40", "--top-p", "0.9", "--min-p", "0.02"],
};
const NO_MIN_P: Fault = {
  name: "a min_p that is dropped",
  change: ({ min_p: _, ...body }) => body,
  says: /min_p/,
};

/** All claims. `model` is the folder of the demo model as the hosts have it. */
export async function proveEngines(folder: string, model: string, report: Report): Promise<void> {
  const gguf = `${model}/model.gguf`;
  await withEngine(startLlamaServer(await llamaServerProgram(folder), gguf), async (llama) => {
    report.note("llama-server:");
    await driven(llama, ["--preset", "llama.cpp"], report, true);
    await texts(llama, report);
    await judged(llama, [ANOTHER_ORDER, ...OTHER_VALUES], report);
    const processed = ["--logprobs-mode", "processed_logprobs"];
    await withEngine(startVllm(await vllmProgram(folder), model, ...processed), async (vllm) => {
      report.note("vLLM:");
      await driven(vllm, ["--temperature", "0.8", "--top-k", "40", "--top-p", "0.95"], report, false);
      await judged(vllm, [NO_MIN_P, ...OTHER_VALUES], report);
      await together([llama, vllm], report);
    });
  });
}

async function withEngine(starting: Promise<Running>, use: (url: string) => Promise<void>): Promise<void> {
  const engine = await starting;
  try {
    await use(engine.url);
  } finally {
    await engine.stop();
  }
}

interface Line {
  readonly token_id: number;
  readonly exact: boolean;
  readonly told: readonly number[];
  readonly engine_ms: number;
  readonly sampler_ms: number;
  readonly text: string;
}

const generated = async (...words: string[]): Promise<Line[]> => {
  const { out } = await called("generate", ...words, "--json");
  return out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);
};

async function driven(
  url: string,
  sampling: readonly string[],
  report: Report,
  is_timed: boolean,
): Promise<void> {
  const all = [
    "--engine",
    url,
    "--prompt",
    PROMPT,
    ...sampling,
    "--seed",
    "7",
    "--max-tokens",
    String(TOKENS),
  ];
  const own = await ownMs(url);
  const parts = await generated(...all, "--top", String(TOP));
  const wholes = await generated(...all, "--top", "100000");
  const exact = parts.filter((line) => line.exact).length;
  const same = parts.filter(({ token_id }, index) => token_id === wholes[index]?.token_id).length;
  report.claim(
    `${TOKENS} tokens of rows of ${TOP} are those of whole rows, where the line says exact`,
    parts.every((line, index) => !line.exact || line.token_id === wholes[index]?.token_id),
    `${same} of ${parts.length} equal, ${exact} exact, ${wholes[0]?.told[0]} tokens a whole row`,
  );
  report.claim(
    "the cut is proven with few tokens",
    exact === TOKENS && parts.every(({ told }) => (told[0] ?? 0) <= TOP),
  );
  const told = msOf(parts);
  const figure = `${told.toFixed(2)} ms a token, ${(1000 / told).toFixed(0)} a second; whole rows ${msOf(wholes).toFixed(1)} ms; the engine alone ${own.toFixed(2)} ms`;
  if (is_timed)
    report.timed(`at least ${PER_SECOND_MIN} tokens a second`, 1000 / told >= PER_SECOND_MIN, figure);
  else report.figure("time", figure);
}

/** The mean of the faster half, because the machine may be busy now and then. */
function msOf(lines: readonly Line[]): number {
  const each = lines.map(({ engine_ms, sampler_ms }) => engine_ms + sampler_ms).sort((a, b) => a - b);
  return each[Math.floor(each.length / 2)] ?? 0;
}

/** Milliseconds a token of a text that the engine draws by itself, its request included. */
async function ownMs(url: string): Promise<number> {
  const asked = { model: "demo", prompt: PROMPT, max_tokens: TOKENS, ignore_eos: true };
  const headers = { "content-type": "application/json" };
  const began = performance.now();
  const reply = await fetch(`${url}/v1/completions`, {
    method: "POST",
    headers,
    body: JSON.stringify(asked),
  });
  await reply.arrayBuffer();
  if (!reply.ok) throw new Error(`${url}/v1/completions answered ${reply.status}`);
  return (performance.now() - began) / TOKENS;
}

async function texts(url: string, report: Report): Promise<void> {
  const grammar = JSON.stringify({
    json_schema: {
      type: "object",
      properties: {
        name: { type: "string", maxLength: 20 },
        age: { type: "integer", minimum: 0, maximum: 120 },
      },
      required: ["name", "age"],
      additionalProperties: false,
    },
    whitespace: "compact",
  });
  const words = [
    "--engine",
    url,
    "--prompt",
    PROMPT,
    "--grammar",
    grammar,
    "--seed",
    "3",
    "--max-tokens",
    "80",
  ];
  const { out } = await called("generate", ...words);
  const parsed = parsedJson(out);
  report.claim("a grammar holds, of the engine's own vocabulary", parsed !== undefined, out.trim());
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

async function judged(url: string, faults: readonly Fault[], report: Report): Promise<void> {
  const audit = async (at: string, ...more: readonly string[]) => {
    const { out } = await called("audit", at, "--prompt", PROMPT, "--form", "json", ...more);
    return JSON.parse(out) as AuditReport;
  };
  const plain = await audit(url, "--draws", "400");
  const { agrees, distance, draws, engine } = plain;
  report.claim(
    `${engine.kind} ${engine.version} does what its options say`,
    agrees && draws?.fit.agrees === true && draws.repeated.agree,
    `distributions within ${distance?.toPrecision(2)} over ${plain.steps.length} steps, ${draws?.drawn} draws`,
  );
  const suite = await called("conform", url, "--prompt", PROMPT);
  const [counts = ""] = suite.out.split("\n");
  report.claim("no case of the conformance suite for a running engine fails", suite.code === 0, counts);
  for (const { name, change, says, options = [] } of faults) {
    const proxy = await faulty(url, change);
    try {
      const found = await audit(proxy.url, "--draws", "0", ...options);
      const [first] = found.reasons;
      report.claim(
        `${name} is named`,
        !found.agrees && first !== undefined && says.test(first.says),
        first?.says,
      );
    } finally {
      await proxy.stop();
    }
  }
}

/** Two engines that run the same model: their mixture is the model. */
async function together(urls: readonly string[], report: Report): Promise<void> {
  const sampling = ["--prompt", PROMPT, "--top-k", "40", "--seed", "7", "--max-tokens", "20"];
  const engines = urls.flatMap((url) => ["--engine", url]);
  const mixed = await generated(...engines, ...sampling, "--combine", "mixture");
  const alone = await generated("--engine", urls[0] ?? "", ...sampling);
  const same = mixed.filter(({ token_id }, index) => token_id === alone[index]?.token_id).length;
  report.claim(
    "two servers that run one model are mixed to it",
    same === mixed.length,
    `${same} of ${mixed.length} tokens`,
  );
  const contrast = await generated(...engines, ...sampling, "--combine", "contrastive");
  report.claim(
    "and decoded against each other",
    contrast.length > 0,
    `${msOf(contrast).toFixed(1)} ms a token`,
  );
}

interface Called {
  readonly out: string;
  readonly code: number | null;
}

async function called(...words: readonly string[]): Promise<Called> {
  const child = spawn(process.execPath, [CLI, ...words], { stdio: ["ignore", "pipe", "pipe"] });
  let out = "";
  let complaints = "";
  child.stdout.on("data", (part: Buffer) => {
    out += part.toString();
  });
  child.stderr.on("data", (part: Buffer) => {
    complaints += part.toString();
  });
  const [code] = (await once(child, "close")) as [number | null];
  if (out === "") throw new Error(`logit-sampler ${words[0]} ended with ${code}: ${complaints}`);
  return { out, code };
}
