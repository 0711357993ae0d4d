/**
 * The generators of clients that people use, with the README's first requests written against what each makes. The
 * programs are text: they compile only beside the generated code. Each prints one line of JSON.
 */

export interface Generator {
  readonly name: string;
  /** exact versions, for npm */
  readonly packages: readonly string[];
  /** the program of a package in node_modules, and its arguments; it writes into `generated/` */
  readonly command: readonly string[];
  /** files that it reads besides the document */
  readonly files: Readonly<Record<string, string>>;
  /** what a user of the generated code would write */
  readonly program: string;
}

const ROW = "Float32Array.of(1.0, 2.5, -0.3, 2.4)";
const STEP = "{ logits: [1.0, 2.5, -0.3, 2.4], temperature: 0.8, top_p: 0.9, seed: 7, logprobs: true }";
const QUERY = '{ dtype: "f32", temperature: 0.8, seed: 7, step: 0 }';

const OPENAPI_TYPESCRIPT: Generator = {
  name: "openapi-typescript",
  packages: ["openapi-typescript@7.13.0", "openapi-fetch@0.17.0"],
  command: ["openapi-typescript/bin/cli.js", "openapi.json", "-o", "generated/schema.d.ts"],
  files: {},
  program: `import createClient from "openapi-fetch";
import type { paths } from "./generated/schema";

const client = createClient<paths>({ baseUrl: String(process.env["SERVICE"]) });

const json = await client.POST("/v1/sample", { body: ${STEP} });
const bytes = await client.POST("/v1/sample", {
  params: { query: ${QUERY} },
  headers: { "content-type": "application/octet-stream" },
  body: ${ROW} as unknown as string, // a string of bytes is what the generator calls them
  bodySerializer: (body) => body,
});
const wrong = await client.POST("/v1/sample", { body: { logits: [1, 2], top_p: 1.5 } });

const token: number | undefined = json.data?.token_id;
console.log(JSON.stringify({ json: json.data, token, bytes: bytes.data, code: wrong.error?.code }));
`,
};

const HEY_API: Generator = {
  name: "hey-api",
  packages: ["@hey-api/openapi-ts@0.95.0"],
  command: [
    "@hey-api/openapi-ts/bin/run.js",
    "-i",
    "openapi.json",
    "-o",
    "generated",
    "-c",
    "@hey-api/client-fetch",
  ],
  files: {},
  program: `import { client } from "./generated/client.gen";
import { sample } from "./generated";

client.setConfig({ baseUrl: String(process.env["SERVICE"]) });

const json = await sample({ body: ${STEP} });
const bytes = await sample({
  query: ${QUERY},
  headers: { "Content-Type": "application/octet-stream" },
  body: ${ROW} as never, // of two forms of body the generator knows the first
  bodySerializer: null,
});
const wrong = await sample({ body: { logits: [1, 2], top_p: 1.5 } });

const token: number | undefined = json.data?.token_id;
console.log(JSON.stringify({ json: json.data, token, bytes: bytes.data, code: wrong.error?.code }));
`,
};

const ORVAL: Generator = {
  name: "orval",
  packages: ["orval@8.38.0"],
  command: ["orval/dist/bin/orval.mjs", "--config", "orval.config.mjs"],
  files: {
    "orval.config.mjs": `const output = {
  target: "generated/api.ts",
  client: "fetch",
  baseUrl: process.env.SERVICE,
  // a function for each form of body: sampleWithJson, sampleWithBlob
  override: { splitByContentType: true },
};
export default { api: { input: "openapi.json", output } };
`,
  },
  program: `import { sampleWithBlob, sampleWithJson } from "./generated/api";

const json = await sampleWithJson(${STEP});
const bytes = await sampleWithBlob(new Blob([${ROW}]), ${QUERY});
const wrong = await sampleWithJson({ logits: [1, 2], top_p: 1.5 });

const token: number | undefined = json.status === 200 ? json.data.token_id : undefined;
const code = wrong.status === 422 ? wrong.data.code : undefined;
console.log(JSON.stringify({ json: json.data, token, bytes: bytes.data, code }));
`,
};

export const GENERATORS: readonly Generator[] = [OPENAPI_TYPESCRIPT, HEY_API, ORVAL];
