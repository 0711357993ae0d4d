/**
 * Popular client generators, with the README's first requests written for each generated client. The programs are text:
 * they compile only beside the generated code. Each prints one line of JSON.
 */

export interface Generator {
  readonly name: string;
  /** exact versions, for npm */
  readonly packages: readonly string[];
  /** the program of a package in node_modules, and its arguments; it writes into `generated/` */
  readonly command: readonly string[];
  /** files that it reads besides the document */
  readonly files: Readonly<Record<string, string>>;
  /** a program that uses the generated code */
  readonly program: string;
}

const ROW = "Float32Array.of(1.0, 2.5, -0.3, 2.4)";
const STEP = "{ logits: [1.0, 2.5, -0.3, 2.4], temperature: 0.8, top_p: 0.9, seed: 7, logprobs: true }";
const SCORE = "{ logits: [1.0, 2.5, -0.3, 2.4], target: 1 }";
const BATCH =
  "{ rows: [{ logits: [1.0, 2.5, -0.3, 2.4], seed: 1 }, { logits: [1, 2], top_p: 3 }], temperature: 0.8 }";
/**
 * Prints the result of a batch: the token of the first row, and the refusal of the second. The replies have types of
 * their own.
 */
const OF_BATCH = `const [one, refused] = results ?? [];
const batch_token: number | undefined = one && "token_id" in one ? one.token_id : undefined;
const refusal: string | undefined = refused && "code" in refused ? refused.pointer : undefined;`;
/** The common part of openapi-fetch's and hey-api's calls: `data` or `error`. */
const OF_CALLS = `const token: number | undefined = json.data?.token_id;
const code = wrong.error?.code;
// The types allow one row or several, and JSON or bytes, so the program checks which it got.
const rank: number | undefined = scored.data && "rank" in scored.data ? scored.data.rank : undefined;
const results = typeof batch.data === "object" && "results" in batch.data ? batch.data.results : undefined;
${OF_BATCH}
console.log(JSON.stringify({ json: json.data, token, bytes: bytes.data, code, rank, batch_token, refusal }));`;
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
const scored = await client.POST("/v1/score", { body: ${SCORE} });
const batch = await client.POST("/v1/sample/batch", { body: ${BATCH} });

${OF_CALLS}
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
import { sample, sampleBatch, score } from "./generated";

client.setConfig({ baseUrl: String(process.env["SERVICE"]) });

const json = await sample({ body: ${STEP} });
const bytes = await sample({
  query: ${QUERY},
  headers: { "Content-Type": "application/octet-stream" },
  body: ${ROW} as never, // of two forms of body the generator knows the first
  bodySerializer: null,
});
const wrong = await sample({ body: { logits: [1, 2], top_p: 1.5 } });
const scored = await score({ body: ${SCORE} });
const batch = await sampleBatch({ body: ${BATCH} });

${OF_CALLS}
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
  program: `import { type BatchReply, sampleBatchWithJson, sampleWithBlob, sampleWithJson, scoreWithJson } from "./generated/api";

const json = await sampleWithJson(${STEP});
const bytes = await sampleWithBlob(new Blob([${ROW}]), ${QUERY});
const wrong = await sampleWithJson({ logits: [1, 2], top_p: 1.5 });
const scored = await scoreWithJson(${SCORE});
const batch = await sampleBatchWithJson(${BATCH});

const token: number | undefined = json.status === 200 ? json.data.token_id : undefined;
const code = wrong.status === 422 ? wrong.data.code : undefined;
const rank: number | undefined = scored.status === 200 && "rank" in scored.data ? scored.data.rank : undefined;
// orval types a reply that may be binary as a Blob, also when it is JSON.
const told = batch.data instanceof Blob ? (JSON.parse(await batch.data.text()) as BatchReply) : undefined;
const results = told?.results;
${OF_BATCH}
console.log(JSON.stringify({ json: json.data, token, bytes: bytes.data, code, rank, batch_token, refusal }));
`,
};

export const GENERATORS: readonly Generator[] = [OPENAPI_TYPESCRIPT, HEY_API, ORVAL];
