# Two images: the service (the default, last) and, with --target model-host, the demo that uses it.
#
#   docker build -t logit-sampler .
#   docker run --rm --read-only -p 127.0.0.1:8080:8080 logit-sampler
#
# The base is one version of Node on one of Debian. A tag can be moved, a digest cannot: where builds must be the same
# to the byte, look the digest up (`docker buildx imagetools inspect node:24.21.0-bookworm-slim`) and build with
# --build-arg BASE=node:24.21.0-bookworm-slim@sha256:….
ARG BASE=node:24.21.0-bookworm-slim

FROM ${BASE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# No package runs a script of its own: none of them needs to.
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY src src
COPY playground playground
COPY examples/model-host/model examples/model-host/model
COPY test/vectors/analysis test/vectors/analysis
RUN npm run build:service

FROM build AS production
# Of packages that are gone npm leaves the folders of their scopes.
RUN npm prune --omit=dev --ignore-scripts && find node_modules -mindepth 1 -maxdepth 1 -type d -empty -delete

FROM build AS model-host
COPY examples/model-host examples/model-host
# tsx keeps compiled files below TMPDIR: give it a tmpfs when the root is read-only.
ENV NODE_ENV=production
USER node
ENTRYPOINT ["node", "--import", "tsx", "examples/model-host/main.ts"]

FROM ${BASE} AS service
WORKDIR /app
ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    PORT=8080
COPY --from=production /app/package.json ./
COPY --from=production /app/node_modules node_modules
COPY --from=production /app/dist dist
# The user `node`, by number: Kubernetes can tell from a number alone that it is not root.
USER 1000:1000
EXPOSE 8080
STOPSIGNAL SIGTERM
# While it starts it is asked every second, so that whatever waits for it waits no longer than it must. A worker that
# hangs is replaced within 6 s, long before three questions in a row have failed.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --start-interval=1s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/main.js"]
