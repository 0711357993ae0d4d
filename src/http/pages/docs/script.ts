/**
 * The script of the page at /docs/: the theme chosen in the playground, and Swagger UI. Options in query strings are
 * folded: /v1/sample has 80 of them before its body.
 */
export const SCRIPT = `"use strict";
(() => {
  function chosenTheme() {
    try {
      return localStorage.getItem("theme");
    } catch {
      return null; // storage may be switched off: the system's theme holds
    }
  }

  function applyTheme() {
    const chosen = chosenTheme();
    const is_known = chosen === "dark" || chosen === "light";
    document.documentElement.dataset.theme = is_known ? chosen : "system";
  }

  applyTheme();
  addEventListener("storage", applyTheme);

  function foldsOptions({ React }) {
    const h = React.createElement;
    const SHOWN_MAX = 4;
    const Fold = React.createContext(undefined);
    const isOptional = (parameter) => parameter.get("required") !== true;
    const keyOf = (parameter) => parameter.get("in") + " " + parameter.get("name");

    /** In the order of the page: by position. */
    function optionalOf(parameters) {
      const places = new Map();
      for (const each of parameters)
        places.set(each.get("in"), [...(places.get(each.get("in")) ?? []), each]);
      return [...places.values()].flat().filter(isOptional);
    }

    const parameters = (Original) =>
      function FoldedParameters(props) {
        const [open, setOpen] = React.useState(false);
        const optional = optionalOf(props.parameters);
        if (optional.length <= SHOWN_MAX) return h(Original, props);
        const fold = { open, setOpen, first: keyOf(optional[0]), count: optional.length };
        return h(Fold.Provider, { value: fold }, h(Original, props));
      };

    const parameterRow = (Original) =>
      function FoldedParameterRow(props) {
        const fold = React.useContext(Fold);
        if (fold === undefined || !isOptional(props.rawParam)) return h(Original, props);
        const { open, setOpen, first, count } = fold;
        const row = open ? h(Original, props) : null;
        if (keyOf(props.rawParam) !== first) return row;
        const text = (open ? "Hide " : "Show ") + count + " optional";
        const button = { type: "button", className: "fold", "aria-expanded": open, onClick: () => setOpen(!open) };
        const note = h("span", null, "headers, and options of the query string for bodies of bytes");
        const cell = h("td", { colSpan: 2 }, h("button", button, text), note);
        return h(React.Fragment, null, h("tr", { className: "fold-row" }, cell), row);
      };

    return { wrapComponents: { parameters, parameterRow } };
  }

  /** Swagger UI leaves these without an accessible name, with a heading level skipped, or with a link inside a button. */
  function namesThings({ React }) {
    const h = React.createElement;
    const named = (text) => (Original) => (props) =>
      h("label", null, h("span", { className: "unseen" }, text), h(Original, props));
    const called = (text) => (Original) => (props) => h(Original, { "aria-label": text, ...props });
    const DeepLink = () => ({ text }) => h("span", { className: "nostyle" }, text);
    const InfoContainer = (Original) => (props) => {
      const heading = h("h2", { className: "unseen" }, "Operations");
      return h("section", { "aria-label": "About" }, h(Original, props), heading);
    };
    return {
      wrapComponents: {
        DeepLink,
        InfoContainer,
        TextArea: called("Value"),
        Input: called("File"),
        Select: named("Value"),
        ExamplesSelect: named("Example"),
      },
    };
  }

  /** Swagger UI shows a file input for every string of JSON or base64; in a query string it is typed. */
  function writesText({ React }) {
    const JsonSchema_string = (Original) => (props) => {
      const schema = props.schema.delete("contentMediaType").delete("format");
      return React.createElement(Original, { ...props, schema });
    };
    /** NDJSON is text: Swagger UI would encode it as one JSON string. */
    function afterLoad({ fn }) {
      const { getSampleSchema } = fn;
      this.fn.getSampleSchema = (schema, type, config, example) =>
        type === "application/x-ndjson" && typeof example === "string"
          ? example
          : getSampleSchema(schema, type, config, example);
    }
    return { wrapComponents: { JsonSchema_string }, afterLoad };
  }

  /**
   * Swagger UI parses the whole document anew for each operation that is opened, which takes seconds. This document has
   * references to its own components only; each is put in its place once. A schema that contains itself keeps its reference.
   */
  function resolvesReferences() {
    const resolved = new Map();
    const at = (document, names) => names.reduce((node, name) => node?.[name], document);
    const unescaped = (name) => name.replaceAll("~1", "/").replaceAll("~0", "~");

    function target(document, reference, above) {
      if (above.includes(reference)) return { $ref: reference };
      if (!resolved.has(reference)) {
        const names = reference.slice(2).split("/").map(unescaped);
        resolved.set(reference, inPlace(document, at(document, names), [...above, reference]));
      }
      return resolved.get(reference);
    }

    function inPlace(document, node, above) {
      if (node === null || typeof node !== "object") return node;
      if (Array.isArray(node)) return node.map((each) => inPlace(document, each, above));
      if (typeof node.$ref === "string" && node.$ref.startsWith("#/components/"))
        return target(document, node.$ref, above);
      return Object.fromEntries(
        Object.entries(node).map(([name, each]) => [name, inPlace(document, each, above)]),
      );
    }

    const resolveSubtree = async (document, path) => ({
      spec: inPlace(document, at(document, path), []),
      errors: [],
    });
    return { fn: { resolveSubtree } };
  }

  addEventListener("DOMContentLoaded", () => {
    const place = document.createElement("div");
    document.getElementById("api").append(place);
    SwaggerUIBundle({
      url: "../openapi.json",
      domNode: place,
      layout: "BaseLayout",
      presets: [SwaggerUIBundle.presets.apis],
      plugins: [foldsOptions, namesThings, writesText, resolvesReferences],
      deepLinking: true,
      docExpansion: "list",
      defaultModelsExpandDepth: 0,
      displayRequestDuration: true,
      tryItOutEnabled: true,
      validatorUrl: null,
    });
  });
})();
`;
