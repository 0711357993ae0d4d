/** Common reverse proxies, where they are installed: each forwards everything to the service. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../../evidence/free-port.ts";

export interface Proxy {
  readonly name: string;
  readonly url: string;
  stop(): Promise<void>;
}

interface Kind {
  readonly name: string;
  /** the program's arguments: its configuration, and the folder that it may write to */
  arguments(configuration: string, folder: string): readonly string[];
  configuration(port: number, target: URL, folder: string): string;
}

const KINDS: readonly Kind[] = [
  {
    name: "nginx",
    arguments: (configuration, folder) => [
      "-p",
      folder,
      "-c",
      configuration,
      "-e",
      join(folder, "error.log"),
    ],
    configuration: (port, { host }, folder) => `daemon off;
worker_processes 1;
pid ${folder}/pid;
events {}
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  client_max_body_size 0;
  upstream service { server ${host}; keepalive 8; }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://service;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_request_buffering off;
      proxy_buffering off;
    }
  }
}
`,
  },
  {
    name: "haproxy",
    arguments: (configuration) => ["-db", "-f", configuration],
    configuration: (port, { host }) => `defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
listen service
  bind 127.0.0.1:${port}
  server one ${host}
`,
  },
];

/** Starts the installed proxies in front of a service. */
export async function startProxies(target: string): Promise<Proxy[]> {
  const installed = KINDS.filter(({ name }) => spawnSync(name, ["-v"]).error === undefined);
  return Promise.all(installed.map((kind) => startProxy(kind, new URL(target))));
}

async function startProxy(kind: Kind, target: URL): Promise<Proxy> {
  const folder = mkdtempSync(join(tmpdir(), "proof-proxy-"));
  const port = await freePort();
  const configuration = join(folder, "configuration");
  writeFileSync(configuration, kind.configuration(port, target, folder));
  const child = spawn(kind.name, kind.arguments(configuration, folder), { stdio: "ignore" });
  await untilListening(port, child);
  return {
    name: kind.name,
    url: `http://127.0.0.1:${port}`,
    async stop() {
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function untilListening(port: number, child: ChildProcess): Promise<void> {
  const until_ms = performance.now() + 10_000;
  while (performance.now() < until_ms && child.exitCode === null) {
    const socket = connect(port, "127.0.0.1");
    const open = await Promise.race([
      once(socket, "connect").then(
        () => true,
        () => false,
      ),
      sleep(500, false),
    ]);
    socket.destroy();
    if (open) return;
    await sleep(50);
  }
  throw new Error(`the proxy does not listen at ${port}`);
}
