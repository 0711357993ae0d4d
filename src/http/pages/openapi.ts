/** The OpenAPI document: @fastify/swagger collects the routes, the schemas are ours. */
import { fastifySwagger } from "@fastify/swagger";
import type { FastifyInstance } from "fastify";
import { componentSchemas } from "../../schemas/openapi/components.ts";
import { finished } from "../../schemas/openapi/document.ts";

const DESCRIPTION = `One row of logits in, one token out, from any model host. Every sampler is a documented stage; the same request gives the same bytes of reply.

Nothing is kept between requests: each request has its seed, step, history and state, so any replica can serve any step.

Everything that is wrong is answered with \`application/problem+json\`: the rule, the value received, and a pointer to it. Unknown options are errors.

Besides the answers that each route lists: \`404\` (\`not_found\`) where there is nothing; \`405\` (\`method_not_allowed\`) with \`Allow\`; \`400\` (\`malformed_request\`), \`408\` (\`headers_timeout\`) and \`431\` (\`headers_too_large\`) for headers that are not a valid request, after which the connection ends. \`401\` has \`WWW-Authenticate\`; \`429\` and \`503\` have \`Retry-After\`, in seconds.`;

export async function addOpenApi(app: FastifyInstance): Promise<void> {
  await app.register(fastifySwagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "logit-sampler",
        version: "1",
        description: DESCRIPTION,
        license: { name: "MIT", identifier: "MIT" },
      },
      servers: [{ url: "/", description: "This service" }],
      tags: [
        { name: "sampling", description: "Tokens from logits" },
        { name: "analysis", description: "What logits say: probabilities, scores, calibration, diagnostics" },
        {
          name: "inference protocol",
          description: "The Open Inference Protocol, for Triton's and KServe's clients",
        },
        { name: "service", description: "How the process is" },
      ],
      // OpenAPI 3.1 uses JSON Schema 2020-12; the plugin's types know 3.0 only.
      components: {
        securitySchemes: {
          bearer: { type: "http", scheme: "bearer", description: "A key of a service that has keys." },
          api_key: { type: "apiKey", in: "header", name: "x-api-key", description: "The same key." },
        },
      },
      // Without configured keys the service is open.
      security: [{}, { bearer: [] }, { api_key: [] }],
    },
    transformObject: (document) =>
      finished(withSchemas("openapiObject" in document ? document.openapiObject : document.swaggerObject)),
  });
}

/**
 * The document with the named schemas. They are complete already. The plugin would search each of them for references
 * to all others, which takes as long as the rest of the start.
 */
function withSchemas(document: object): object {
  const { components = {} } = document as { components?: { schemas?: object } }; // an OpenAPI document has these parts
  const schemas = { ...converted(componentSchemas()), ...components.schemas };
  return { ...document, components: { ...components, schemas } };
}

/**
 * Writes schemas in the form in which the plugin writes those of routes: `const` is a list of one value, base64 is the
 * format `byte`, and a reference has no neighbours.
 */
function converted<Node>(node: Node): Node {
  if (node === null || typeof node !== "object") return node;
  if (Array.isArray(node)) return node.map(converted) as Node; // of the same form, save for these words
  const { contentEncoding, ...words } = node as { $ref?: unknown; contentEncoding?: unknown };
  if (typeof words.$ref === "string") return { $ref: words.$ref } as Node;
  const entries = Object.entries(words).map(([name, value]) =>
    name === "const" ? ["enum", [value]] : [name, converted(value)],
  );
  if (contentEncoding === "base64") entries.push(["format", "byte"]);
  return Object.fromEntries(entries) as Node;
}
