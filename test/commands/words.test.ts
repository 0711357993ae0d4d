import { describe, expect, test, vi } from "vitest";
import { COMMANDS } from "../../src/commands/index.ts";

function captured(): () => string {
  let text = "";
  vi.spyOn(process.stdout, "write").mockImplementation((written) => {
    text += String(written);
    return true;
  });
  return () => text;
}

describe("the words", () => {
  const own = COMMANDS.filter(({ name }) => name !== "serve");

  test.each(own)("$name tells its options, and an example", async ({ name, load }) => {
    const command = await load();
    const exit = vi.spyOn(process, "exit").mockImplementation(() => {
      throw new Error("exit");
    });
    const text = captured();
    await expect((async () => command.run(["--help"]))()).rejects.toThrow("exit");
    expect(exit).toHaveBeenCalledWith(0);
    vi.restoreAllMocks();
    for (const option of command.options) expect(text()).toContain(`--${option}`);
    expect(text()).toContain(`logit-sampler ${name} `);
  });

  test.each(["bash", "zsh", "fish"])("completion for %s knows every command and option", async (shell) => {
    const command = await COMMANDS.find(({ name }) => name === "completion")?.load();
    const text = captured();
    await command?.run([shell]);
    vi.restoreAllMocks();
    for (const { name, load } of COMMANDS.filter((each) => each.name !== "completion")) {
      expect(text()).toContain(name);
      for (const option of (await load()).options) expect(text()).toMatch(new RegExp(`(--|-l )${option}\\b`));
    }
  });
});
