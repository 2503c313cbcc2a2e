/**
 * Scripts: how a tagged template becomes a text for a real shell.
 *
 * Interpolations never enter the text. They are handed over as positional arguments, and each hole
 * becomes a quoted reference to its own: nothing in a value is read as shell. The references are to a
 * copy of the arguments, which neither functions nor `shift` nor `set` change. To quote rightly, this
 * module follows the quotes, comments and parentheses of the script; it knows nothing else of the
 * shell's grammar. Where no reference would mean the right thing, it refuses.
 *
 * @module
 */
import { templateSyntax } from "../errors/command-errors.ts";

/** What a hole stands for: positional parameters, any number of them when it is a list. */
export interface Reference {
  readonly parameters: readonly number[];
  readonly isList: boolean;
}

/** Where a hole stands. */
type Place =
  | "plain"
  | "double quotes"
  | "single quotes"
  /** `$'...'`, which unlike plain single quotes has escapes. */
  | "dollar quotes"
  | "backticks"
  /** `$((...))` or `((...))`. */
  | "arithmetic"
  | "comment";

/** Why there can be no value. */
const refusals: Readonly<Partial<Record<Place, string>>> = {
  "single quotes": "a value cannot be put into single quotes",
  "dollar quotes": "a value cannot be put into single quotes",
  backticks: "a value cannot be put between backticks; use `$(...)`",
  arithmetic: "a value cannot be put into arithmetic, which would evaluate it",
};

/**
 * Makes the text of a script. `references[n]` is for hole `n`.
 *
 * @throws {@link BuildError} `TEMPLATE_SYNTAX` for a hole where no reference means the right thing.
 */
export function renderScript(strings: readonly string[], references: readonly Reference[]): string {
  const reader = new ScriptReader();
  let script = "";
  for (const [hole, text] of strings.entries()) {
    reader.read(text);
    script += text;
    const reference = references[hole];
    if (reference === undefined) continue;
    const { parameters, isList } = reference;
    const after = strings[hole + 1] || (hole + 1 < references.length ? "x" : "");
    const touches = !endsWord(script.at(-1)) || !endsWord(after[0]);
    const why = reader.refusal ?? (isList ? listRefusal(reader.place, touches) : undefined);
    if (why !== undefined) throw templateSyntax(strings.join("${…}"), why);
    const quote = reader.place === "double quotes" ? "" : '"';
    script += parameters.map((at) => `${quote}\${ashlar[${at}]}${quote}`).join(" ");
    reader.pass();
  }
  // On the line of the script's first, so that the shell counts lines as the user does.
  return references.length === 0 ? script : `readonly -a ashlar=("$0" "$@"); ${script}`;
}

function listRefusal(place: Place, touches: boolean): string | undefined {
  if (place === "double quotes") return "a list cannot be put into double quotes";
  return touches && place !== "comment"
    ? "a list touches other text, and it is not clear what should be repeated"
    : undefined;
}

/** True for what stands between words, and for the end of the script. */
function endsWord(character: string | undefined): boolean {
  return character === undefined || /[\s;&|()<>]/.test(character);
}

/** Follows the literal text of a script, and knows where it has got to. */
class ScriptReader {
  readonly #places: Place[] = ["plain"];
  /** Whether a word may begin here, and with it a comment. */
  #atWordStart = true;
  /** The last character was a backslash, or a dollar sign, that speaks of what follows. */
  #pending: "\\" | "$" | undefined;
  #hasHereDocument = false;
  #hasCase = false;

  get place(): Place {
    return this.#places.at(-1) ?? "plain";
  }

  /** Why no value can stand here, if none can. */
  get refusal(): string | undefined {
    const why = refusals[this.place];
    if (why !== undefined || this.place === "comment") return why;
    if (this.#pending === "\\") return "a value cannot follow a backslash";
    if (this.#pending === "$") return "a value cannot follow a dollar sign";
    if (this.#hasHereDocument) return "a value cannot be put after the start of a here-document";
    return this.#hasCase ? "a value cannot follow a `case` inside `$(...)` in quotes" : undefined;
  }

  /** Passes over a hole. */
  pass(): void {
    this.#pending = undefined;
    this.#atWordStart = false;
  }

  read(text: string): void {
    for (let at = 0; at < text.length; at++) {
      const character = text[at] as string;
      const pending = this.#pending;
      const atWordStart = this.#atWordStart;
      this.#pending = undefined;
      this.#atWordStart = false;
      if (pending === "\\") continue;
      const { place } = this;
      switch (place) {
        case "comment":
          if (character === "\n") this.#leave();
          this.#atWordStart = true;
          break;
        case "single quotes":
          if (character === "'") this.#leave();
          break;
        case "dollar quotes":
          if (character === "\\") this.#pending = "\\";
          else if (character === "'") this.#leave();
          break;
        case "backticks":
          if (character === "\\") this.#pending = "\\";
          else if (character === "`") this.#leave();
          break;
        case "double quotes":
          if (character === '"') this.#leave();
          else at += this.#special(text, at, pending);
          break;
        case "plain":
        case "arithmetic":
          if (atWordStart && character === "#" && this.place === "plain") this.#enter("comment");
          else if (atWordStart && /^case\s/.test(text.slice(at, at + 5))) this.#meetCase();
          else if (character === '"') this.#enter("double quotes");
          else if (character === "'") {
            this.#enter(pending === "$" ? "dollar quotes" : "single quotes");
          } else if (character === "(") at += this.#open(text, at);
          else if (character === ")" && this.#places.length > 1) this.#leave();
          else if (character === "<") at += this.#redirect(text, at);
          else at += this.#special(text, at, pending);
          this.#atWordStart = endsWord(character) && this.place !== "comment";
      }
    }
  }

  /** What means something in double quotes, too. Returns how many more characters belong to it. */
  #special(text: string, at: number, pending: "\\" | "$" | undefined): number {
    const character = text[at];
    if (character === "\\") this.#pending = "\\";
    else if (character === "`") this.#enter("backticks");
    else if (character === "$" && text[at + 1] === "(") return 1 + this.#open(text, at + 1);
    // Two dollar signs are a variable of their own.
    else if (character === "$" && pending !== "$") this.#pending = "$";
    return 0;
  }

  #open(text: string, at: number): number {
    this.#enter(this.place === "arithmetic" ? "arithmetic" : "plain");
    this.#atWordStart = true;
    if (text[at + 1] !== "(") return 0;
    this.#enter("arithmetic");
    return 1;
  }

  #redirect(text: string, at: number): number {
    if (text[at + 1] !== "<" || this.place === "arithmetic") return 0;
    if (text[at + 2] === "<") return 2;
    this.#hasHereDocument = true;
    return 1;
  }

  /** The patterns of a `case` end with parentheses that nothing has opened. */
  #meetCase(): void {
    if (this.#places.includes("double quotes")) this.#hasCase = true;
  }

  #enter(place: Place): void {
    this.#places.push(place);
  }

  #leave(): void {
    this.#places.pop();
  }
}
