/**
 * The program: from words to a command, and from its end to an exit code.
 *
 * @module
 */
import { Command, CommanderError, Option } from "commander";

import type { CommandSpec, OptionSpec } from "./command.ts";
import { commands, commonOptions } from "./declared.ts";
import { exitCode, type ExitCode } from "./exit-code.ts";
import type { Options } from "./options.ts";
import { Stopped, type Surroundings } from "./surroundings.ts";

/**
 * Runs the command line, and gives its exit code. Writes only to the outputs that it is given, and leaves
 * signals and the process alone.
 *
 * @param words - What was typed after `ashlar`.
 */
export async function runCommandLine(
  words: readonly string[],
  surroundings: Surroundings,
): Promise<ExitCode> {
  let code: ExitCode = exitCode.succeeded;
  const program = makeProgram(surroundings, async (spec, given, options) => {
    code = await runCommand(spec, given, options, surroundings);
  });
  try {
    await program.parseAsync([...words], { from: "user" });
    return code;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? exitCode.succeeded : exitCode.notBegun;
  }
}

type RunSpec = (spec: CommandSpec, words: readonly string[], options: Options) => Promise<void>;

function makeProgram({ out, err }: Surroundings, run: RunSpec): Command {
  const program = new Command("ashlar")
    .description("Builds what `ashlar.build.ts` describes.")
    .version(version(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print this")
    .helpCommand("help [command]", "print what a command can do")
    .configureHelp({ showGlobalOptions: false })
    .configureOutput({
      writeOut: (text) => out.write(text),
      writeErr: (text) => err.write(text),
      getOutHelpWidth: () => Math.min(out.columns ?? 100, 100),
      getErrHelpWidth: () => Math.min(err.columns ?? 100, 100),
    })
    .showSuggestionAfterError()
    .exitOverride()
    .addHelpText("after", `\n${exitCodes}`);
  for (const spec of commands) parentOf(spec, program).addCommand(makeCommand(spec, run));
  // Commands copy this from their program only when the program makes them.
  for (const command of program.commands) {
    command.copyInheritedSettings(program);
    for (const below of command.commands) below.copyInheritedSettings(command);
  }
  return program;
}

/** The program, or the command of which it is a part: made with the first of its parts. */
function parentOf({ name }: CommandSpec, program: Command): Command {
  const [first = "", second] = name.split(" ");
  if (second === undefined) return program;
  const known = program.commands.find((each) => each.name() === first);
  if (known !== undefined) return known;
  const parts = commands.filter((each) => each.name.startsWith(`${first} `));
  const made = new Command(first)
    .description(parts.map(({ about }) => about).join("; "))
    .usage("[command]")
    .helpOption("-h, --help", "print this")
    .helpCommand(false);
  program.addCommand(made);
  return made;
}

function makeCommand(spec: CommandSpec, run: RunSpec): Command {
  const command = new Command(spec.name.split(" ").at(-1))
    .summary(spec.about)
    .helpOption("-h, --help", "print this");
  command.description([spec.about, ...(spec.more === undefined ? [] : [spec.more])].join("\n\n"));
  for (const { name, about, isRequired = false, isMany = false } of spec.words) {
    const dots = isMany ? `${name}...` : name;
    command.argument(isRequired ? `<${dots}>` : `[${dots}]`, about);
  }
  for (const option of [...spec.options, ...commonOptions]) command.addOption(makeOption(option));
  return command.action(async () => {
    await run(spec, command.args, command.opts<Options>());
  });
}

/** Values are looked at by the commands, whose errors are like all others. */
function makeOption({ flags, about, isMany = false }: OptionSpec): Option {
  const option = new Option(flags, about);
  if (!isMany) return option;
  const gather = (value: string, before: readonly string[] | undefined): readonly string[] => [
    ...(before ?? []),
    value,
  ];
  return option.argParser<readonly string[] | undefined>(gather);
}

const exitCodes = `Exit codes:
  0    done
  1    a stage failed, or something was found
  2    nothing was begun: a wrong option, an unknown target, a build file that cannot be loaded
  3    the store, a report or a runner is not to be had
  130  stopped by Ctrl-C (a second one does not wait)`;

async function runCommand(
  spec: CommandSpec,
  words: readonly string[],
  options: Options,
  surroundings: Surroundings,
): Promise<ExitCode> {
  try {
    const { run } = await spec.load();
    return await run(words, options, surroundings);
  } catch (error) {
    // Loaded when needed, for it brings the core along.
    const { showFault } = await import("./show-fault.ts");
    const { reason } = surroundings.signal as { reason?: unknown };
    const isStopped = surroundings.signal.aborted && reason instanceof Stopped;
    return showFault(error, options, surroundings, isStopped ? reason : undefined);
  }
}

/** The version of this package. */
function version(): string {
  return ashlarVersion;
}

/** Kept equal to that of `package.json` by a test: reading that file would cost every start. */
const ashlarVersion = "0.1.0";
