/** The request that the page makes, as a program in the language of the reader. */
import type { PageRow } from "../rows/row.ts";

export type Language = "curl" | "Python" | "TypeScript";

export interface RequestCode {
  readonly url: string;
  readonly row: PageRow;
  /** everything but the logits */
  readonly options: Readonly<Record<string, unknown>>;
}

/** Rows up to this length are written out; longer ones are read from a file. */
const WRITTEN_OUT = 64;

export function codeFor(language: Language, request: RequestCode): string {
  const logits = writtenOut(request.row);
  if (language === "curl") return logits ? curlJson(request, logits) : curlBinary(request);
  if (language === "Python") return logits ? pythonJson(request, logits) : pythonBinary(request);
  return logits ? typescriptJson(request, logits) : typescriptBinary(request);
}

/** The name under which the row can be saved from the page. */
export function fileName({ dtype }: PageRow): string {
  return `row.${dtype}`;
}

/** The logits as JSON, with −Infinity as Python writes it; undefined for rows that are too long or not float32. */
function writtenOut(row: PageRow): string | undefined {
  if (row.dtype !== "f32" || row.vocab_size > WRITTEN_OUT) return undefined;
  const logits = new Float32Array(row.bytes.buffer, row.bytes.byteOffset, row.vocab_size);
  return `[${Array.from(logits, (x) => (Number.isFinite(x) ? Number(x.toPrecision(7)) : String(x))).join(", ")}]`;
}

/** `{ "logits": [...], …options }`; JSON.stringify alone cannot write −Infinity. */
function jsonBody({ options }: RequestCode, logits: string): string {
  return inLines({ logits: 0, ...options }).replace('"logits": 0', `"logits": ${logits}`);
}

function head({ row, options }: RequestCode): string {
  return inLines({ dtype: row.dtype, ...options });
}

/** JSON with a line for each option, and for each entry of a list of objects such as the chain. */
function inLines(options: Readonly<Record<string, unknown>>): string {
  const lines = Object.entries(options).map(([name, value]) => {
    const text = JSON.stringify(value);
    const is_list = Array.isArray(value) && value.length > 1 && typeof value[0] === "object";
    const entries = is_list ? value.map((entry) => `    ${JSON.stringify(entry)}`).join(",\n") : "";
    return `  ${JSON.stringify(name)}: ${is_list ? `[\n${entries}\n  ]` : text}`;
  });
  return `{\n${lines.join(",\n")}\n}`;
}

/** Quotes a text for a shell, in single quotes. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function curlJson(request: RequestCode, logits: string): string {
  return `curl ${request.url}/v1/sample -H 'content-type: application/json' -d ${quoted(jsonBody(request, logits))}`;
}

function curlBinary(request: RequestCode): string {
  return [
    `HEAD=${quoted(head(request))}`,
    `(printf %s "$HEAD"; cat ${fileName(request.row)}) | curl ${request.url}/v1/sample \\`,
    `  -H 'content-type: application/octet-stream' \\`,
    `  -H "inference-header-content-length: $(printf %s "$HEAD" | wc -c)" \\`,
    "  --data-binary @-",
  ].join("\n");
}

const PYTHON_IMPORTS = "import json, urllib.request";

function pythonJson(request: RequestCode, logits: string): string {
  return [
    PYTHON_IMPORTS,
    "",
    `body = r'''${jsonBody(request, logits)}'''`,
    "request = urllib.request.Request(",
    `    "${request.url}/v1/sample", body.encode(), {"content-type": "application/json"})`,
    'print(json.load(urllib.request.urlopen(request))["token_id"])',
  ].join("\n");
}

function pythonBinary(request: RequestCode): string {
  return [
    PYTHON_IMPORTS,
    "",
    `head = r'''${head(request)}'''.encode()`,
    `row = open("${fileName(request.row)}", "rb").read()  # or logits.astype("<f4").tobytes()`,
    "request = urllib.request.Request(",
    `    "${request.url}/v1/sample", head + row, {`,
    `        "content-type": "application/octet-stream",`,
    `        "inference-header-content-length": str(len(head))})`,
    'print(json.load(urllib.request.urlopen(request))["token_id"])',
  ].join("\n");
}

function typescriptJson(request: RequestCode, logits: string): string {
  return [
    `const response = await fetch("${request.url}/v1/sample", {`,
    '  method: "POST",',
    '  headers: { "content-type": "application/json" },',
    `  body: \`${jsonBody(request, logits)}\`,`,
    "});",
    "console.log((await response.json()).token_id);",
  ].join("\n");
}

function typescriptBinary(request: RequestCode): string {
  return [
    'import { readFile } from "node:fs/promises";',
    "",
    `const head = Buffer.from(JSON.stringify(${head(request)}));`,
    `const row = await readFile("${fileName(request.row)}"); // or Buffer.from(logits.buffer)`,
    `const response = await fetch("${request.url}/v1/sample", {`,
    '  method: "POST",',
    "  headers: {",
    '    "content-type": "application/octet-stream",',
    '    "inference-header-content-length": String(head.length),',
    "  },",
    "  body: Buffer.concat([head, row]),",
    "});",
    "console.log((await response.json()).token_id);",
  ].join("\n");
}
