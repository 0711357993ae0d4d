/**
 * Small doubles of the engines' published APIs, over one model of eight tokens, with only the parts that the tests
 * need. `npm run proof:hosts -- --long` proves that the real ones answer like this.
 */
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** Token 0 ends a text. */
export const TOKENS = ["", " the", " cat", " sat", " on", " mat", ".", "é"] as const;

/** ln p after these tokens: a fixed mixture, so that rows differ from step to step. */
export function logprobsBehind(prompt: readonly number[]): number[] {
  const last = prompt.at(-1) ?? 0;
  const logits = TOKENS.map(
    (_, id) => 3 * Math.sin(id * 1.7 + last * 2.3 + prompt.length * 0.9) - (id === 0 ? 6 : 0),
  );
  const mass = Math.log(logits.reduce((sum, x) => sum + Math.exp(x), 0));
  return logits.map((x) => Math.fround(x - mass));
}

export interface Double {
  readonly url: string;
  /** bodies of the step requests */
  readonly asked: Readonly<Record<string, unknown>>[];
  close(): Promise<void>;
}

/** Deliberate faults of a double. */
export interface Faults {
  /** the order of its sampler's stages, in place of llama.cpp's */
  readonly order?: readonly Stage[];
  /** uses these options in place of the requested ones */
  readonly instead?: Readonly<Record<string, unknown>>;
  /** draws another token each time and ignores the seed */
  readonly ignores_seeds?: boolean;
  /** returns at most this number of log-probabilities */
  readonly most?: number;
  /** refuses requests for more than `most`, as vLLM does */
  readonly refuses?: boolean;
  /** answers this in place of every step */
  readonly answer?: string;
  readonly status?: number;
  /** never answers a step */
  readonly silent?: boolean;
  /** adds so much to every id */
  readonly shift?: number;
}

type Body = Readonly<Record<string, unknown>>;
type Route = (body: Body) => unknown;

export async function double(routes: Readonly<Record<string, Route>>, faults: Faults = {}): Promise<Double> {
  const asked: Body[] = [];
  const server = createServer(async (request, response) => {
    const path = request.url ?? "";
    const route = routes[path];
    const body = request.method === "POST" ? ((await bodyOf(request)) as Body) : {};
    const is_step = STEPS.includes(path);
    if (is_step) asked.push(body);
    if (is_step && faults.silent === true) return;
    const answer = (status: number, text: string) =>
      response.writeHead(status, { "content-type": "application/json" }).end(text);
    if (route === undefined) answer(404, '{"error":{"message":"File Not Found"}}');
    else if (is_step && faults.answer !== undefined) answer(faults.status ?? 200, faults.answer);
    else
      try {
        answer(200, JSON.stringify(route(body)));
      } catch (error) {
        answer(400, JSON.stringify({ error: { message: (error as Error).message } }));
      }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, asked, close: () => closed(server) };
}

const STEPS = ["/completion", "/v1/completions", "/generate"];

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return JSON.parse(text);
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

function ranked(prompt: readonly number[], count: number, { most = count, shift = 0 }: Faults) {
  return logprobsBehind(prompt)
    .map((logprob, id) => ({ id: id + shift, logprob, name: TOKENS[id] as string }))
    .sort((a, b) => b.logprob - a.logprob)
    .slice(0, Math.min(count, most));
}

type Stage = "top_k" | "top_p" | "min_p" | "temperature";
const VLLM_ORDER: readonly Stage[] = ["temperature", "min_p", "top_k", "top_p"];
const LLAMA_ORDER: readonly Stage[] = ["top_k", "top_p", "min_p", "temperature"];

/** A plain sampler: probabilities by id, most likely first. */
function processed(prompt: readonly number[], body: Body, { order = LLAMA_ORDER, instead }: Faults) {
  const options = { ...body, ...instead } as Readonly<Record<string, number>>;
  let list = logprobsBehind(prompt).map((x, id) => ({ id, x, p: 0 }));
  list.sort((a, b) => b.x - a.x);
  const normalise = () => {
    const mass = list.reduce((sum, { x }) => sum + Math.exp(x), 0);
    for (const each of list) each.p = Math.exp(each.x) / mass;
  };
  for (const stage of order) {
    normalise();
    const value = options[stage];
    if (value === undefined) continue;
    if (stage === "temperature") for (const each of list) each.x /= value;
    else if (stage === "top_k") list = value > 0 ? list.slice(0, value) : list;
    else if (stage === "min_p") list = list.filter(({ p }) => p >= value * list[0]!.p);
    else {
      let mass = 0;
      list = list.filter(({ p }) => {
        const stays = mass < value;
        mass += p;
        return stays;
      });
    }
  }
  normalise();
  return list;
}

let draws = 0;
function drawn(
  list: readonly { readonly id: number; readonly p: number }[],
  seed: number,
  faults: Faults,
): number {
  const key = faults.ignores_seeds === true ? ++draws : seed;
  let left = (Math.imul(key ^ (key >>> 15), 0x2c1b3c6d) ^ Math.imul(key + 1, 0x297a2d39)) >>> 0;
  left = Math.imul(left ^ (left >>> 13), 0x85ebca6b) >>> 0;
  let u = ((left ^ (left >>> 16)) >>> 0) / 2 ** 32;
  for (const { id, p } of list) {
    u -= p;
    if (u < 0) return id;
  }
  return list[0]!.id;
}

const encode = (text: string) => [...text].map((letter) => (letter.charCodeAt(0) % 6) + 1);
const decode = (ids: readonly number[]) => ids.map((id) => TOKENS[id] ?? "").join("");
const models = (owned_by: string, more: object = {}) => ({
  object: "list",
  data: [{ id: "tiny", owned_by, ...more }],
});

/** llama-server, as tools/server/README.md has it. */
export function llamaServer(faults: Faults = {}): Promise<Double> {
  return double(
    {
      "/v1/models": () => models("llamacpp", { meta: { n_vocab: TOKENS.length, n_ctx_train: 64 } }),
      "/props": () => ({
        default_generation_settings: { n_ctx: 64 },
        build_info: "b1-double",
        eos_token: "<end>",
      }),
      "/tokenize": ({ content }) => ({ tokens: content === "<end>" ? [0] : encode(content as string) }),
      "/detokenize": ({ tokens }) => ({ content: decode(tokens as number[]) }),
      "/completion": ({ prompt, n_probs, post_sampling_probs, ...body }) => {
        if (post_sampling_probs === true || n_probs === undefined) {
          const left = processed(prompt as number[], body, faults);
          const top_probs = left.map(({ id, p }) => ({ id, prob: p }));
          const tokens = [drawn(left, (body["seed"] as number) ?? 0, faults)];
          return { tokens, ...(n_probs !== undefined && { completion_probabilities: [{ top_probs }] }) };
        }
        const told = ranked(prompt as number[], n_probs as number, faults);
        const [first] = told;
        const step = (each: (typeof told)[number]) => ({
          id: each.id,
          token: each.name,
          bytes: [...Buffer.from(each.name)],
          logprob: each.logprob,
        });
        return {
          content: first?.name,
          tokens: [first?.id],
          completion_probabilities:
            told.length === 0 ? [] : [{ ...step(told[0]!), top_logprobs: told.map(step) }],
        };
      },
    },
    faults,
  );
}

/** vLLM's OpenAI-compatible server: the sampled token first, the others unsorted. */
export function vllm(faults: Faults = {}): Promise<Double> {
  return double(
    {
      "/v1/models": () => models("vllm", { max_model_len: 64 }),
      "/version": () => ({ version: "0.32.0" }),
      "/tokenize": ({ prompt }) => ({ tokens: encode(prompt as string), count: 1, max_model_len: 64 }),
      "/detokenize": ({ tokens }) => ({ prompt: decode(tokens as number[]) }),
      "/v1/completions": ({ prompt, logprobs, ...body }) => {
        if (body["seed"] !== undefined) {
          const list = processed(prompt as number[], body, { order: VLLM_ORDER, ...faults });
          return { choices: [{ token_ids: [drawn(list, body["seed"] as number, faults)] }] };
        }
        const wanted = logprobs === -1 ? TOKENS.length : (logprobs as number);
        if (faults.refuses === true && (logprobs === -1 || wanted > (faults.most ?? 20)))
          throw new Error(
            `Requested sample logprobs of ${wanted}, which is greater than max allowed: ${faults.most ?? 20}`,
          );
        const all = ranked(prompt as number[], TOKENS.length, { ...faults, most: TOKENS.length });
        const sampled = all.at(-1)!; // the least likely, which lies outside of any shorter list
        const top = [
          sampled,
          ...all
            .slice(0, wanted)
            .filter((each) => each !== sampled)
            .reverse(),
        ];
        const name = ({ id }: { readonly id: number }) => `token_id:${id}`;
        return {
          choices: [
            {
              text: sampled.name,
              token_ids: [sampled.id],
              logprobs: {
                tokens: [name(sampled)],
                token_logprobs: [sampled.logprob],
                top_logprobs: [Object.fromEntries(top.map((each) => [name(each), each.logprob]))],
              },
            },
          ],
        };
      },
    },
    faults,
  );
}

/** SGLang's native POST /generate: triples of ln p, id and text. */
export function sglang(faults: Faults = {}): Promise<Double> {
  return double(
    {
      "/v1/models": () => models("sglang", { max_model_len: 64 }),
      "/server_info": () => ({ version: "0.5.23" }),
      "/tokenize": ({ prompt }) => ({ tokens: encode(prompt as string), count: 1, max_model_len: 64 }),
      "/detokenize": ({ tokens }) => ({ text: decode(tokens as number[]) }),
      "/generate": ({ input_ids, top_logprobs_num = 0 }) => {
        const told = ranked(input_ids as number[], Math.max(1, top_logprobs_num as number), faults);
        const triples = told.map(({ id, logprob }) => [logprob, id, null]);
        return {
          text: told[0]?.name,
          output_ids: [told[0]?.id],
          meta_info: { output_token_logprobs: triples.slice(0, 1), output_top_logprobs: [triples] },
        };
      },
    },
    faults,
  );
}

/** Another server with OpenAI's legacy completions: tokens are texts. */
export function openai(faults: Faults = {}): Promise<Double> {
  return double(
    {
      "/v1/models": () => models("somebody"),
      "/v1/completions": ({ prompt, logprobs }) => {
        if ((logprobs as number) > (faults.most ?? 5))
          throw new Error(`logprobs must be at most ${faults.most ?? 5}`);
        const told = ranked(prompt as number[], logprobs as number, faults);
        return {
          choices: [
            {
              text: told[0]?.name,
              logprobs: {
                tokens: [told[0]?.name],
                top_logprobs: [Object.fromEntries(told.map(({ name, logprob }) => [name, logprob]))],
              },
            },
          ],
        };
      },
    },
    faults,
  );
}
