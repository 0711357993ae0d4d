/** `logit-sampler completion`: completion scripts for shells. */
import { commandLine, readWord } from "../command-line.ts";
import { type Command, called, type Listed } from "./command.ts";

const SHELLS = ["bash", "zsh", "fish"] as const;
type Shell = (typeof SHELLS)[number];

/** `commands` are all other commands. */
export const completion = (commands: readonly Listed[]): Command => ({
  options: [],
  async run(words) {
    const { operands } = commandLine(
      {
        name: called("completion"),
        about: "Prints a script with which a shell completes commands and options.",
        options: {},
        operands: {
          placeholder: "SHELL",
          about: SHELLS.join(", "),
          count_max: 1,
          read: (word) => readWord(word, SHELLS),
        },
        epilogue: `Examples:

  source <(logit-sampler completion bash)
  logit-sampler completion fish > ~/.config/fish/completions/logit-sampler.fish`,
      },
      words,
    );
    const [shell = "bash"] = operands;
    const known: Known[] = [];
    for (const { name, about, load } of commands)
      known.push({ name, about, options: (await load()).options });
    process.stdout.write(SCRIPTS[shell](known));
  },
});

/** The name and options of a command. */
interface Known extends Pick<Listed, "name" | "about"> {
  readonly options: readonly string[];
}

const SCRIPTS: Readonly<Record<Shell, (commands: readonly Known[]) => string>> = {
  bash: bashScript,
  // zsh uses the completion of bash.
  zsh: (commands) => `autoload -Uz bashcompinit && bashcompinit\n${bashScript(commands)}`,
  fish: fishScript,
};

function flags({ options }: Known): string[] {
  return [...options, "help", "version"].map((option) => `--${option}`);
}

function bashScript(commands: readonly Known[]): string {
  const cases = commands.map((command) => `    ${command.name}) words="${flags(command).join(" ")}" ;;`);
  return `_logit_sampler() {
  local words="${commands.map(({ name }) => name).join(" ")} --help --version"
  case "\${COMP_WORDS[1]}" in
${cases.join("\n")}
  esac
  [ "$COMP_CWORD" = 1 ] && words="${commands.map(({ name }) => name).join(" ")} --help --version"
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _logit_sampler logit-sampler
`;
}

function fishScript(commands: readonly Known[]): string {
  const lines = commands.flatMap((command) => [
    `complete -c logit-sampler -n __fish_use_subcommand -f -a ${command.name} -d '${command.about.replaceAll("'", "")}'`,
    ...command.options.map(
      (option) => `complete -c logit-sampler -n '__fish_seen_subcommand_from ${command.name}' -l ${option}`,
    ),
  ]);
  return `${lines.join("\n")}\n`;
}
