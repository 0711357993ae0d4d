/**
 * The step as a request to copy: curl, Python or TypeScript. A row that is too long for the text can be saved as a
 * file.
 */

import { useSignal } from "@preact/signals";
import { service_url } from "../api/place.ts";
import { copied } from "../code/clipboard.ts";
import { codeFor, fileName, type Language } from "../code/request-code.ts";
import { save } from "../code/save.ts";
import { type Answer, answer, sentRow, stepOptions } from "../state/result.ts";

const LANGUAGES: readonly Language[] = ["curl", "Python", "TypeScript"];

export function CodePanel() {
  const shown = answer.value;
  return (
    <section class="panel code" aria-labelledby="code-title">
      {shown === undefined ? (
        <>
          <h2 id="code-title">As code</h2>
          <p class="note">No answer yet: once the service gives one, the request for it stands here.</p>
        </>
      ) : (
        <Code of={shown} />
      )}
    </section>
  );
}

function Code({ of: { question } }: { of: Answer }) {
  const language = useSignal<Language>("curl");
  const said = useSignal("");
  const options = { ...stepOptions(question), logprobs: true };
  const text = codeFor(language.value, { url: service_url, row: sentRow(question), options });
  const copy = async () => {
    said.value = (await copied(text))
      ? "Copied"
      : "Select the text and copy it: the browser did not allow it";
  };
  return (
    <>
      <div class="panel-head">
        <h2 id="code-title">As code</h2>
        <div class="many-controls">
          <fieldset class="chips">
            <legend class="unseen">Language</legend>
            {LANGUAGES.map((each) => (
              <button
                type="button"
                class="chip"
                key={each}
                aria-pressed={language.value === each}
                onClick={() => {
                  language.value = each;
                  said.value = "";
                }}
              >
                {each}
              </button>
            ))}
          </fieldset>
          <button type="button" onClick={() => void copy()}>
            {said.value === "Copied" ? "Copied ✓" : "Copy"}
          </button>
        </div>
      </div>
      <section class="code-box" tabIndex={0} aria-label={`The request in ${language.value}`}>
        <pre>
          <code>{text}</code>
        </pre>
      </section>
      {text.includes(fileName(question.row)) && (
        <p class="note">
          It reads the row from a file:{" "}
          <button
            type="button"
            class="link"
            onClick={() => save(fileName(question.row), new Blob([sentRow(question).bytes]))}
          >
            save {fileName(question.row)}
          </button>
        </p>
      )}
      <p class="note" aria-live="polite">
        {said.value === "Copied" ? "" : said.value}
      </p>
    </>
  );
}
