/**
 * The script of the page at /docs/: the theme that the playground has chosen, and Swagger UI. Options that may stand
 * in a query string are folded: /v1/sample has 80 of them, in front of the body that most people come for.
 */
export const SCRIPT = `"use strict";
(() => {
  const system_dark = matchMedia("(prefers-color-scheme: dark)");

  function chosenTheme() {
    try {
      return localStorage.getItem("theme");
    } catch {
      return null; // storage may be switched off: the system's theme holds
    }
  }

  function applyTheme() {
    const chosen = chosenTheme();
    const { classList, dataset } = document.documentElement;
    const is_dark = chosen === "dark" || (chosen !== "light" && system_dark.matches);
    classList.toggle("dark-mode", is_dark);
    dataset.theme = is_dark ? "dark" : "light";
  }

  applyTheme();
  system_dark.addEventListener("change", applyTheme);
  addEventListener("storage", applyTheme);

  function foldsOptions({ React }) {
    const h = React.createElement;
    const Fold = React.createContext(undefined);
    const isOptional = (parameter) => parameter.get("required") !== true;
    const keyOf = (parameter) => parameter.get("in") + " " + parameter.get("name");

    /** In the order in which they are shown: by the place where they stand. */
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
        const fold = { open, setOpen, first: optional[0] && keyOf(optional[0]), count: optional.length };
        return h(Fold.Provider, { value: fold }, h(Original, props));
      };

    const parameterRow = (Original) =>
      function FoldedParameterRow(props) {
        const { open, setOpen, first, count } = React.useContext(Fold);
        if (!isOptional(props.rawParam)) return h(Original, props);
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

  addEventListener("DOMContentLoaded", () => {
    const place = document.createElement("div");
    document.getElementById("api").append(place);
    SwaggerUIBundle({
      url: "../openapi.json",
      domNode: place,
      layout: "BaseLayout",
      presets: [SwaggerUIBundle.presets.apis],
      plugins: [foldsOptions],
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
