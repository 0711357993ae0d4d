/**
 * Every setting of the service: its name, range, default and meaning. Environment variables are named after them;
 * config.ts reads those.
 */
import * as z from "zod";
import { DEFAULT_GRAMMARS_LIMITS } from "../grammar/grammars.ts";
import { oneOf, rule, whole } from "../sampling/options/fields.ts";
import { DEFAULT_OPTION_LIMITS } from "../sampling/options/option-limits.ts";
import { coresGranted } from "./cores.ts";
import { connectionsGranted } from "./descriptors.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

/** Settings with common environment names. */
export const PROCESS = z.object({
  host: z.string().min(1).default("127.0.0.1").describe("Address to listen on; 0.0.0.0 for all."),
  port: whole({ min: 0, max: 65_535 }).default(8080).describe("Port to listen on; 0: any free one."),
  workers: whole({ min: 1, max: 1024 })
    .default(coresGranted())
    .describe("Worker processes. Each samples on a core of its own."),
  spare_workers: whole({ min: 0, max: 16 })
    .default(1)
    .describe(
      "Loaded spare workers. A spare replaces a dead worker within milliseconds; loading a new one takes a second.",
    ),
  log_level: oneOf(["fatal", "error", "warn", "info", "debug", "trace", "silent"])
    .default("info")
    .describe("`info` logs refused requests, `debug` every request."),
  metrics: oneOf(["open", "keyed", "off"])
    .default("open")
    .describe("Access to GET /metrics: open, with a key, or off."),
  shared_memory: oneOf(["on", "off"])
    .default("off")
    .describe(
      "Allow clients to register files of `SHARED_MEMORY_DIR` and to send rows through them. Turn it on only when every client may read every file that the service can read there.",
    ),
  shared_memory_dir: z.string().min(1).default("/dev/shm").describe("Directory of shared memory."),
  vocabularies_dir: z
    .string()
    .default("")
    .describe(
      "Directory of vocabularies, read at the start: `<name>.json` (Hugging Face's tokenizer.json), `<name>.tiktoken`, `<name>.gguf`, or `<name>/tokenizer.json`; none: only `demo`.",
    ),
  vocabulary: z
    .string()
    .default("")
    .describe("Default vocabulary of steps. Without one, their tokens have no text."),
});

/** Access control. Secrets are converted before they are stored. */
export const ACCESS = z.object({
  api_keys: z
    .string()
    .default("")
    .describe(
      "Keys that open /v1 and /v2, separated by commas, each of at least 16 characters; none: no key is needed. Sent as `Authorization: Bearer <key>` or `X-API-Key: <key>`.",
    ),
  api_keys_file: z
    .string()
    .default("")
    .describe(
      "A file with such keys, one a line, read at the start; lines that begin with # are ignored. A line `id key [watermark-keys] [routes] [opt-out]` limits what the owner of the key may do: lists are separated by commas, `*` means all and `-` means none.",
    ),
  watermark_keys_file: z
    .string()
    .default("")
    .describe(
      "A file of watermark keys, read at the start: an id and a secret of 64 bits a line, such as `main 0x0123456789abcdef`. Requests name the id; the secret never leaves the service.",
    ),
  watermark_default: z
    .string()
    .default("")
    .describe(
      'Default watermark of steps without one, as JSON: `{"scheme": "gumbel", "key": "main"}`. Greedy steps are not marked. A request with `unmarked: true` omits the mark, if WATERMARK_OPT_OUT allows it.',
    ),
  watermark_opt_out: z
    .enum(["keyed", "anyone"])
    .default("keyed")
    .describe(
      "Clients that may omit the default watermark: `keyed`, those with `opt-out` in API_KEYS_FILE; `anyone`, all.",
    ),
  cors_origins: z
    .string()
    .default("")
    .describe(
      "Origins whose pages may call the service, separated by commas, or `*`; none: only its own pages.",
    ),
});

/** Settings of traces, in the names of OpenTelemetry's specification. */
export const TRACING = z.object({
  otel_exporter_otlp_endpoint: z
    .string()
    .default("")
    .describe(
      "OpenTelemetry collector that takes OTLP over HTTP, such as `http://127.0.0.1:4318`; none: no spans.",
    ),
  otel_exporter_otlp_headers: z
    .string()
    .default("")
    .describe("Headers for the collector: `name=value,name=value`, percent-encoded."),
  otel_service_name: z.string().default("logit-sampler").describe("Name of the service in its spans."),
  otel_resource_attributes: z
    .string()
    .default("")
    .describe("Further attributes of the service in its spans: `name=value,name=value`, percent-encoded."),
  otel_traces_sampler_arg: z.coerce
    .number(rule("must lie in [0, 1]"))
    .min(0, rule("must lie in [0, 1]"))
    .max(1, rule("must lie in [0, 1]"))
    .default(1)
    .describe("Share of requests without a traceparent that are recorded, from 0 to 1."),
});

/** Settings with the prefix LOGIT_SAMPLER_: the limits of each worker. */
export const LIMITS = z.object({
  vocab_size_max: whole({ min: 1, max: 16 * MIB })
    .default(256 * KIB)
    .describe("maximum number of elements of a row"),
  rows_max: whole({ min: 1, max: 4096 })
    .default(32)
    .describe("maximum number of rows that arrive or are sampled at once; each takes 4 bytes per element"),
  queue_max: whole({ min: 0 })
    .default(128)
    .describe("maximum number of requests that wait for a free row; further ones are refused at once"),
  queue_ms: whole({ min: 1 })
    .default(250)
    .describe("milliseconds that a request waits for a row before it is refused"),
  held_bytes_max: whole({ min: 64 * KIB })
    .optional()
    .describe(
      "maximum bytes of client data in the worker besides rows, in total: JSON bodies, incomplete messages, stream states, unread replies",
    ),
  body_rate_min: whole({ min: 0 })
    .default(MIB)
    .describe(
      "minimum bytes per second of a client that sends a body or reads a reply; a slower client is disconnected when another request needs its row or memory",
    ),
  batch_rows_max: whole({ min: 1 }).default(1024).describe("maximum number of rows of one batch"),
  analysis_rows_max: whole({ min: 1 })
    .default(64 * KIB)
    .describe("maximum number of rows of one analysis request"),
  analysis_values_max: whole({ min: 1 })
    .default(MIB)
    .describe("maximum number of probabilities in one JSON reply; tensors have no such limit"),
  body_bytes_max: whole({ min: 1 })
    .default(64 * MIB)
    .describe("maximum bytes of a request body"),
  reply_bytes_max: whole({ min: 64 * KIB })
    .default(64 * MIB)
    .describe("maximum bytes of one reply, estimated from the options before anything is computed"),
  discarded_bytes_max: whole({ min: 0 })
    .default(64 * MIB)
    .describe(
      "maximum bytes of a refused body that are read and dropped, so that the client can read the reply",
    ),
  json_text_bytes_max: whole({ min: 2 })
    .default(8 * MIB)
    .describe("maximum bytes of JSON text, without its logits"),
  chain_length_max: whole({ min: 1 })
    .default(DEFAULT_OPTION_LIMITS.chain_length_max)
    .describe("maximum number of stages of a chain"),
  history_length_max: whole({ min: 0 })
    .default(DEFAULT_OPTION_LIMITS.history_length_max)
    .describe("maximum number of token ids of a history"),
  bias_entries_max: whole({ min: 0 })
    .default(DEFAULT_OPTION_LIMITS.bias_entries_max)
    .describe("maximum number of entries of a logit_bias"),
  top_logprobs_max: whole({ min: 0 })
    .default(DEFAULT_OPTION_LIMITS.top_logprobs_max)
    .describe("maximum number of tokens listed with their log-probabilities"),
  logprobs_rank_max: whole({ min: 0 })
    .default(DEFAULT_OPTION_LIMITS.logprobs_rank_max)
    .describe(
      "largest rank of a token whose log-probability a reply contains. Below the default, options that reveal more of the model are refused, for hosts that pass on options of their users (SECURITY.md)",
    ),
  sources_max: whole({ min: 1, max: DEFAULT_OPTION_LIMITS.sources_max })
    .default(DEFAULT_OPTION_LIMITS.sources_max)
    .describe("maximum number of rows that one step combines; at most rows_max"),
  grammar_length_max: whole({ min: 2 })
    .default(DEFAULT_GRAMMARS_LIMITS.source_length_max)
    .describe("maximum characters of a grammar, as JSON text"),
  grammar_bytes_max: whole({ min: MIB })
    .default(DEFAULT_GRAMMARS_LIMITS.kept_bytes_max)
    .describe(
      "maximum bytes of compiled grammars and their masks; the least recently used are dropped first",
    ),
  grammar_work_max: whole({ min: 65_536 })
    .default(DEFAULT_GRAMMARS_LIMITS.work_max)
    .describe(
      "maximum units of work, about 50 ns each, to compile a grammar, and to follow a text with it in one step",
    ),
  draws_max: whole({ min: 1 })
    .default(DEFAULT_OPTION_LIMITS.draws_max)
    .describe("maximum number of draws from one row"),
  // Limits on the computation of one request, in tokens read; reading one takes one to three nanoseconds
  // (sampling/work.ts).
  step_work_max: whole({ min: 65_536 })
    .default(128 * MIB)
    .describe(
      "maximum number of tokens that one step may read, 0.2 to 0.4 s of work; stages, history, draws and a trace add up",
    ),
  compare_work_max: whole({ min: 65_536 })
    .default(2048 * MIB)
    .describe("maximum number of tokens that all steps of one comparison may read"),
  detect_work_max: whole({ min: 65_536 })
    .default(2048 * MIB)
    .describe("maximum number of reads in one search for watermarks, 100 to 256 for each token of the text"),
  headers_timeout_ms: whole({ min: 1 })
    .default(10_000)
    .describe("milliseconds for the head of a request to arrive"),
  body_timeout_ms: whole({ min: 1 })
    .default(30_000)
    .describe("milliseconds for the body of a request to arrive"),
  answer_timeout_ms: whole({ min: 1 })
    .default(30_000)
    .describe("milliseconds in which a client must read some of its reply"),
  connection_answers_max: whole({ min: 1 })
    .default(16)
    .describe("maximum number of pending replies on one connection; later requests are not read meanwhile"),
  streams_max: whole({ min: 0 }).default(1024).describe("maximum number of open streams; 0: none"),
  stream_idle_ms: whole({ min: 1 })
    .default(300_000)
    .describe("milliseconds that a stream stays open without a message"),
  keep_alive_timeout_ms: whole({ min: 1 })
    .default(72_000)
    .describe("milliseconds that an idle connection is kept open, longer than common proxies keep theirs"),
  drain_ms: whole({ min: 0 })
    .default(0)
    .describe("milliseconds at shutdown between reporting not ready and refusing new connections"),
  shutdown_ms: whole({ min: 1 })
    .default(10_000)
    .describe("milliseconds that running requests have to finish at shutdown"),
  defect_shutdown_ms: whole({ min: 1 })
    .default(2000)
    .describe("milliseconds that running requests have to finish in a worker that ends because of a defect"),
  worker_silence_ms: whole({ min: 0 })
    .default(5000)
    .describe(
      "milliseconds after which a worker that does not answer the primary is killed and replaced; far longer than any request may compute without a pause; 0: never",
    ),
  connections_max: whole({ min: 1 })
    .default(connectionsGranted())
    .describe(
      "maximum number of open connections; further ones are answered 503. Each takes a descriptor, and the process has a limit of these (`ulimit -n`)",
    ),
  rate_per_second: whole({ min: 0 })
    .default(0)
    .describe(
      "maximum requests per second to a worker by one key, or by one address without keys; 0: unlimited",
    ),
  rate_burst: whole({ min: 1 })
    .default(100)
    .describe("burst: number of requests that such a client may send at once before the rate applies"),
  rate_clients_max: whole({ min: 1 })
    .default(16_384)
    .describe(
      "maximum number of clients whose rate is stored; beyond it, the least recently active client is dropped",
    ),
  proxy_hops: whole({ min: 0, max: 16 })
    .default(0)
    .describe(
      "number of proxies in front of the service that append to X-Forwarded-For; 0: a client's address is that of its connection",
    ),
  shared_memory_regions_max: whole({ min: 1, max: 4096 })
    .default(64)
    .describe(
      "maximum number of registered regions of shared memory; each keeps a file open in every worker",
    ),
  shared_memory_bytes_max: whole({ min: 1 })
    .default(1024 * MIB)
    .describe("maximum bytes of one region of shared memory"),
  collect_bytes: whole({ min: 64 * KIB })
    .default(16 * MIB)
    .describe("bytes of request bodies after which the service collects young garbage"),
});
