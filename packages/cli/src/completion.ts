/**
 * Completion: scripts for shells, from the table of commands.
 *
 * Commands and options stand in the script. Names of targets are asked of `ashlar completion targets` when they
 * are needed, since they are in the build file.
 *
 * @module
 */
import type { CommandSpec, OptionSpec } from "./command.ts";

/** The shells that are known. */
export const shells = ["bash", "zsh", "fish"] as const;

/** The name of a shell. */
export type Shell = (typeof shells)[number];

/** The script for a shell. */
export function completionScript(
  shell: Shell,
  commands: readonly CommandSpec[],
  common: readonly OptionSpec[],
): string {
  switch (shell) {
    case "bash":
      return bashScript(commands, common);
    case "zsh":
      // zsh has a layer for bash's completions, and with it one script serves both.
      return `autoload -U +X bashcompinit && bashcompinit\n${bashScript(commands, common)}`;
    case "fish":
      return fishScript(commands, common);
  }
}

function bashScript(commands: readonly CommandSpec[], common: readonly OptionSpec[]): string {
  const names = [...new Set(commands.map(({ name }) => firstWord(name)))];
  const cases = commands.map(({ name, options }) => {
    const flags = [...options, ...common].flatMap(({ flags: text }) => flagsOf(text));
    return `    ${firstWord(name)}) options="${flags.join(" ")}" ;;`;
  });
  const parts = commands.flatMap(({ name }) => {
    const [first = "", second] = name.split(" ");
    if (second === undefined) return [];
    return `  if [ "$COMP_CWORD" -eq 2 ] && [ "\${COMP_WORDS[1]}" = ${first} ]; then
    COMPREPLY=($(compgen -W "${second}" -- "$word"))
    return
  fi
`;
  });
  const choices = new Map(
    commands.flatMap(({ options }) =>
      options.flatMap(({ flags, choices: words }) =>
        words === undefined ? [] : [[flagsOf(flags).join("|"), words.join(" ")] as const],
      ),
    ),
  );
  const values = [...choices].map(([flags, words]) => {
    return `    ${flags}) COMPREPLY=($(compgen -W "${words}" -- "$word")); return ;;`;
  });
  return `# ashlar: eval "$(ashlar completion bash)"
_ashlar() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" options=""
  # Where \`=\` ends a word, \`tests.node=2\` comes in pieces, and only the last one is to be completed.
  local line="\${COMP_LINE:0:COMP_POINT}" whole done_before=""
  whole="\${line##*[[:space:]]}"
  if [[ "$whole" == *=* && "$COMP_WORDBREAKS" == *=* ]]; then done_before="\${whole%"\${whole##*=}"}"; else whole="$word"; fi
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${names.join(" ")} help --help --version" -- "$word"))
    return
  fi
${parts.join("")}  case "$before" in
${values.join("\n")}
    ${pathFlags(commands).join("|")}) COMPREPLY=($(compgen -f -- "$word")); return ;;
  esac
  case "\${COMP_WORDS[1]}" in
${cases.join("\n")}
    help) COMPREPLY=($(compgen -W "${names.join(" ")}" -- "$word")); return ;;
    *) return ;;
  esac
  case "$word" in
    -*) COMPREPLY=($(compgen -W "$options" -- "$word")) ;;
    *)
      case "\${COMP_WORDS[1]}" in
        ${takingTargets(commands).join("|")})
          local IFS=$'\\n'
          COMPREPLY=($(compgen -W "$(ashlar completion targets 2>/dev/null)" -- "$whole"))
          COMPREPLY=("\${COMPREPLY[@]#"$done_before"}") ;;
        completion) COMPREPLY=($(compgen -W "${shells.join(" ")}" -- "$word")) ;;
      esac ;;
  esac
}
complete -F _ashlar ashlar
`;
}

function fishScript(commands: readonly CommandSpec[], common: readonly OptionSpec[]): string {
  const lines = commands.flatMap(({ name, about, options }) => {
    const [first = "", second] = name.split(" ");
    const here = `__fish_seen_subcommand_from ${first}`;
    const heads = [`complete -c ashlar -n __fish_use_subcommand -a ${first} -d ${quote(about)}`];
    if (second !== undefined) {
      const isNext = `${here}; and not __fish_seen_subcommand_from ${second}`;
      heads.push(`complete -c ashlar -n ${quote(isNext)} -a ${second} -d ${quote(about)}`);
    }
    const own = [...options, ...common].map(({ flags, about: text, choices }) => {
      const words = flagsOf(flags).map((flag) =>
        flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`,
      );
      const takes = flags.includes("<") ? [choices ? `-xa ${quote(choices.join(" "))}` : "-r"] : [];
      return [
        "complete -c ashlar",
        `-n ${quote(here)}`,
        ...words,
        ...takes,
        `-d ${quote(text)}`,
      ].join(" ");
    });
    return [...heads, ...own];
  });
  const targets = `__fish_seen_subcommand_from ${takingTargets(commands).join(" ")}`;
  return `# ashlar: ashlar completion fish | source
complete -c ashlar -f
${lines.join("\n")}
complete -c ashlar -n ${quote(targets)} -a '(ashlar completion targets 2>/dev/null)'
complete -c ashlar -n '__fish_seen_subcommand_from completion' -a '${shells.join(" ")}'
`;
}

/** \`-j, --slots <n>\`: \`-j\` and \`--slots\`. */
function flagsOf(text: string): readonly string[] {
  return text.match(/(?<![\w-])--?[a-z][a-z-]*/g) ?? [];
}

function pathFlags(commands: readonly CommandSpec[]): readonly string[] {
  const flags = commands.flatMap(({ options }) =>
    options.flatMap(({ flags: text }) =>
      /<(?:path|file|directory)>/.test(text) ? flagsOf(text) : [],
    ),
  );
  return [...new Set(flags)];
}

function takingTargets(commands: readonly CommandSpec[]): readonly string[] {
  return commands
    .filter(({ words }) => words[0]?.name === "target")
    .map(({ name }) => firstWord(name));
}

function firstWord(name: string): string {
  return name.split(" ")[0] ?? "";
}

function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
