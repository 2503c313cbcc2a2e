/**
 * Why cargo compiled a unit again, in cargo's own words.
 *
 * Cargo says so in its log, if it is asked for by a variable. That costs a few lines for each unit that is not
 * fresh; `cargo -v` would say it too, amid every command line of the compiler. The form of the log is no promise of
 * cargo's: what is not understood is shown as it is, and what is not found is not explained.
 *
 * @module
 */

/** Makes cargo say why units are not fresh. */
export const REASONS_ENV: Readonly<Record<string, string>> = {
  CARGO_LOG: "cargo::core::compiler::fingerprint=info",
};

const LOG_LINE =
  /prepare_target\{[^}]*package_id=(\S+) v(\S+?)(?: \([^)]*\))? target="[^"]*"\}.*cargo::core::compiler::fingerprint: +(.*)$/;

/** Takes cargo's log out of what it prints, and keeps the reasons. */
export class RebuildReasons {
  readonly #reasons = new Map<string, Set<string>>();
  /** Lines of the error that cargo is explaining: there is no unit yet, which is nobody's fault. */
  #inError: "cause" | "trace" | undefined;

  /** Whether a line of standard error is part of the log, and not for people. */
  readonly take = (line: string): boolean => {
    const [, name, version, text] = LOG_LINE.exec(line) ?? [];
    if (name !== undefined && version !== undefined && text !== undefined) {
      this.#inError = text.startsWith("err: ") ? "cause" : undefined;
      const reason = /^dirty: (.*)$/.exec(text)?.[1];
      if (reason !== undefined) this.#add(`${name} ${version}`, describeReason(reason));
      return true;
    }
    if (line.includes("cargo::core::compiler::fingerprint")) return true;
    return this.#isOfError(line);
  };

  /** The reasons by `name version`, without those that only say that a dependency was compiled. */
  reasons(): ReadonlyMap<string, readonly string[]> {
    return new Map([...this.#reasons].map(([title, some]) => [title, [...some]]));
  }

  #add(title: string, reason: string | undefined): void {
    if (reason === undefined) return;
    this.#reasons.set(title, (this.#reasons.get(title) ?? new Set()).add(reason));
  }

  #isOfError(line: string): boolean {
    if (this.#inError === undefined) return false;
    const isPart =
      line === "" ||
      line === "Caused by:" ||
      line === "Stack backtrace:" ||
      /^ {4}(\d+: )?[A-Z][^`]*\(os error \d+\)$/.test(line) ||
      (this.#inError === "trace" && /^ +(\d+: |at )/.test(line));
    if (line === "Stack backtrace:") this.#inError = "trace";
    if (!isPart) this.#inError = undefined;
    return isPart;
  }
}

/** Says what a reason of cargo's means. `undefined` for what follows from another unit's reason. */
export function describeReason(reason: string): string | undefined {
  if (/StaleDepFingerprint|UnitDependencyInfoChanged|StaleDependency/.test(reason))
    return undefined;
  const file = /ChangedFile \{.*\bstale: "([^"]*)"/.exec(reason)?.[1];
  if (file !== undefined) return `the file \`${file}\` has changed`;
  const missing = /MissingFile(?:\(| \{ path: )"([^"]*)"/.exec(reason)?.[1];
  if (missing !== undefined) return `the file \`${missing}\` is missing`;
  const variable =
    /(?:EnvVarChanged|ChangedEnv) \{ (?:name|var): "([^"]*)", (?:old_value|previous): (.*?), (?:new_value|current): (.*?) \}/.exec(
      reason,
    );
  if (variable !== null) {
    const [, name = "", before = "", after = ""] = variable;
    return `the variable \`${name}\` was ${value(before)}, and is ${value(after)}`;
  }
  const fields = /^(\w+) \{ old: (.*), new: (.*) \}$/.exec(reason);
  if (fields !== null) {
    const [, name = "", before = "", after = ""] = fields;
    return `${words(name)}: was ${before}, is ${after}`;
  }
  return words(/^\w+$/.test(reason) ? reason : (/(\w+)\W*$/.exec(reason)?.[1] ?? reason));
}

function value(text: string): string {
  return /^Some\("(.*)"\)$/.exec(text)?.[1] ?? (text === "None" ? "not set" : text);
}

/** `PathToSourceChanged` as words. */
function words(name: string): string {
  return name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, " ").toLowerCase();
}
