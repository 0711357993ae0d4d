/**
 * `logit-sampler demo`: starts the service and sends it the first example of every operation, from the service's
 * own OpenAPI document; each is shown as a shell command with its reply.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { flag } from "../command-line.ts";
import { commandFrom } from "./command.ts";

const OPTIONS = {
  once: flag("exits after the last example, in place of running until Ctrl+C"),
};
const START_MS_MAX = 30_000;
/** Maximum length of a reply that is shown. */
const SHOWN_LENGTH_MAX = 300;

export const DEMO = commandFrom(
  {
    name: "demo",
    about:
      "Starts the service on a free port of 127.0.0.1, sends it an example of every kind of request, and shows the replies. The service then keeps running, with its playground and its API pages, until Ctrl+C.",
    options: OPTIONS,
    epilogue: "Examples:\n\n  logit-sampler demo\n  logit-sampler demo --once",
  },
  async ({ values }) => {
    const child = startServer();
    const ended = once(child, "exit");
    try {
      const url = await urlOf(child);
      await show(url);
      if (values.once) return;
      say(`The playground is at ${url}/, the API pages at ${url}/docs/. Ctrl+C ends the service.`);
      await ended;
    } finally {
      child.kill("SIGTERM");
      await ended;
    }
  },
);

function startServer(): ChildProcess {
  const program = process.argv[1] ?? "";
  const env = { ...process.env, HOST: "127.0.0.1", PORT: "0", WORKERS: "1" };
  return spawn(process.execPath, [...process.execArgv, program, "serve"], {
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
}

/** Reads the log until the service listens; later lines are dropped. */
function urlOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`the service did not listen within ${START_MS_MAX} ms`)),
      START_MS_MAX,
    );
    child.once("exit", (code) => reject(new Error(`the service ended with ${code} before it listened`)));
    if (child.stdout === null) return;
    createInterface({ input: child.stdout }).on("line", (line) => {
      const url = /listening at (http:\/\/[^"\s]+)/.exec(line)?.[1];
      if (url === undefined) return;
      clearTimeout(timer);
      resolve(url);
    });
  });
}

interface Operation {
  readonly operationId?: string;
  readonly summary?: string;
  readonly requestBody?: {
    readonly content?: Readonly<
      Record<string, { readonly examples?: Readonly<Record<string, { readonly value: unknown }>> }>
    >;
  };
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

/** Streams keep their connection open, so an example of one would not end. */
const JSON_TYPE = "application/json";

async function show(url: string): Promise<void> {
  const document = (await (await fetch(`${url}/openapi.json`)).json()) as Document; // which this program wrote
  for (const [path, { post }] of Object.entries(document.paths)) {
    const [example] = Object.values(post?.requestBody?.content?.[JSON_TYPE]?.examples ?? {});
    if (post === undefined || example === undefined || path.includes("{")) continue;
    const body = JSON.stringify(example.value);
    const reply = await fetch(url + path, { method: "POST", headers: { "content-type": JSON_TYPE }, body });
    const text = await reply.text();
    say(`# ${post.summary ?? path}`);
    say(`curl -s ${url}${path} -H 'content-type: ${JSON_TYPE}' -d '${body}'`);
    say(`${text.length <= SHOWN_LENGTH_MAX ? text : `${text.slice(0, SHOWN_LENGTH_MAX)}…`}\n`);
    if (!reply.ok) throw new Error(`${path} answered ${reply.status}`);
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
