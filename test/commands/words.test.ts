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
  test.each(COMMANDS.filter(({ name }) => name !== "serve"))(
    "$name tells its options, and an example",
    async (command) => {
      const exit = vi.spyOn(process, "exit").mockImplementation(() => {
        throw new Error("exit");
      });
      const text = captured();
      await expect((async () => command.run(["--help"]))()).rejects.toThrow("exit");
      expect(exit).toHaveBeenCalledWith(0);
      vi.restoreAllMocks();
      for (const option of command.options) expect(text()).toContain(`--${option}`);
      expect(text()).toContain(`logit-sampler ${command.name} `);
    },
  );

  test.each(["bash", "zsh", "fish"])("completion for %s knows every command and option", async (shell) => {
    const text = captured();
    await COMMANDS.find(({ name }) => name === "completion")?.run([shell]);
    vi.restoreAllMocks();
    for (const { name, options } of COMMANDS.filter((each) => each.name !== "completion")) {
      expect(text()).toContain(name);
      for (const option of options) expect(text()).toMatch(new RegExp(`(--|-l )${option}\\b`));
    }
  });
});
