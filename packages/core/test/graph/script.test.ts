/**
 * Scripts: values reach a real shell unread, wherever they stand.
 *
 * @module
 */
import { spawnSync } from "node:child_process";

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { commandState, type Command } from "../../src/graph/command.ts";
import { sh } from "../../src/graph/sh.ts";

const hasBash = spawnSync("bash", ["--version"]).status === 0;
const why = hasBash ? "" : " (skipped: there is no bash here)";

/** What the command prints, run as it stands. */
function run(command: Command): string {
  const [program = "", ...rest] = command[commandState].argv;
  const { stdout, stderr, status } = spawnSync(program, rest, { encoding: "utf8" });
  expect(status, stderr).toBe(0);
  return stdout;
}

/** What a shell might do something with. NUL cannot be in an argument. */
const nasty = fc
  .oneof(
    fc.string({ unit: "grapheme" }),
    fc.constantFrom(
      ...["", " ", "*", "~", "$HOME", "${HOME}", "$(echo x)", "`echo x`", "'", '"', "\\", "\\\\"],
      ...["a  b", "\n", "x\n", ";", "&& exit 9", "| cat", "> /dev/null", "#", "!!", "-n", "-e"],
      ...["$1", "${1}", "$@", "%s", "\\n", "'$(exit 9)'", '"; exit 9; "', "{a,b}", "[a-z]", "?"],
    ),
  )
  .filter((text) => !text.includes("\0") && !/\p{Surrogate}/u.test(text));

/** Scripts with holes in all kinds of places, and what they should print. */
const scripts: readonly (readonly [
  what: string,
  make: (a: string, b: string) => Command,
  printed: (a: string, b: string) => string,
])[] = [
  ["plain", (a, b) => sh.bash`printf '<%s>' ${a} ${b}`, (a, b) => `<${a}><${b}>`],
  ["beside text", (a) => sh.bash`printf '<%s>' x${a}y`, (a) => `<x${a}y>`],
  ["beside another", (a, b) => sh.bash`printf '<%s>' ${a}${b}`, (a, b) => `<${a}${b}>`],
  ["in double quotes", (a, b) => sh.bash`printf '<%s>' "x ${a} ${b}"`, (a, b) => `<x ${a} ${b}>`],
  [
    "in a substitution",
    (a, b) => sh.bash`x=$(printf '%s.' ${a}); printf '<%s>' "$x" ${b}`,
    (a, b) => `<${a}.><${b}>`,
  ],
  [
    "in a substitution in double quotes",
    (a, b) => sh.bash`printf '<%s>' "$(printf '%s.' ${a})" "${b}"`,
    (a, b) => `<${a}.><${b}>`,
  ],
  [
    "in double quotes in a substitution in double quotes",
    (a, b) => sh.bash`printf '<%s>' "($(printf '%s.' "x ${a}"))" ${b}`,
    (a, b) => `<(x ${a}.)><${b}>`,
  ],
  [
    "in a subshell in a substitution in double quotes",
    (a, b) => sh.bash`printf '<%s>' "$( (printf '%s.' x); printf '%s.' ${a})" ${b}`,
    (a, b) => `<x.${a}.><${b}>`,
  ],
  [
    "after a function in a substitution",
    (a) => sh.bash`printf '<%s>' "$(f() { printf '%s.' "$@"; }; f ${a})"`,
    (a) => `<${a}.>`,
  ],
  [
    "after an escaped quote",
    (a, b) => sh.bash`printf '<%s>' \" ${a} "\"" "${b}"`,
    (a, b) => `<"><${a}><"><${b}>`,
  ],
  [
    "after single quotes with a backslash",
    (a, b) => sh.bash`printf '<%s>' 'a\' ${a} "${b}"`,
    (a, b) => `<a\\><${a}><${b}>`,
  ],
  [
    "after quotes in dollar signs",
    (a, b) => sh.bash`printf '<%s>' $'it\'s' ${a} "${b}"`,
    (a, b) => `<it's><${a}><${b}>`,
  ],
  [
    "after a comment with a quote",
    (a, b) => sh.bash`# don't
      printf '<%s>' ${a}; # it's "${b}
      printf '<%s>' "${b}"`,
    (a, b) => `<${a}><${b}>`,
  ],
  [
    "in a comment",
    (a, b) => sh.bash`# ${"x"} isn't "this
      printf '<%s>' "${a}" ${b}`,
    (a, b) => `<${a}><${b}>`,
  ],
  [
    "after a comment behind a semicolon",
    (a, b) => sh.bash`true;# don't
      printf '<%s>' "${a}" ${b}`,
    (a, b) => `<${a}><${b}>`,
  ],
  [
    "before a hash sign that is no comment",
    (a, b) => sh.bash`printf '<%s>' ${a}#"${b}"`,
    (a, b) => `<${a}#${b}>`,
  ],
  [
    "after a hash sign that is no comment",
    (a, b) => sh.bash`set -- x y; printf '<%s>' "$#" a#"${b}" ${a}`,
    (a, b) => `<2><a#${b}><${a}>`,
  ],
  [
    "after arithmetic that shifts",
    (a, b) => sh.bash`x=$(( (1 << 2) + 1 )); printf '<%s>' "$x" ${a} "${b}"`,
    (a, b) => `<5><${a}><${b}>`,
  ],
  [
    "in a case",
    (a, b) => sh.bash`case ${a} in ${a}) printf '<%s>' "${b}";; esac; printf '<%s>' ${b}`,
    (_, b) => `<${b}><${b}>`,
  ],
  [
    "after backticks",
    (a, b) => sh.bash`x=\`printf '"'\`; printf '<%s>' "$x" ${a} "${b}"`,
    (a, b) => `<"><${a}><${b}>`,
  ],
  [
    "after an escaped space and a hash sign",
    (a, b) => sh.bash`printf '<%s>' \ #"${a}" "${b}"`,
    (a, b) => `< #${a}><${b}>`,
  ],
  [
    "after a dollar sign that is escaped, and the shell's own number",
    (a, b) => sh.bash`x=$$; printf '<%s>' \$"${a}" "\$${b}"`,
    (a, b) => `<$${a}><$${b}>`,
  ],
  [
    "in a function",
    (a, b) => sh.bash`f() { printf '<%s>' ${a} "$1"; }; f ${b}`,
    (a, b) => `<${a}><${b}>`,
  ],
  [
    "after a shift",
    (a, b) => sh.bash`shift; printf '<%s>' ${a}; set --; printf '<%s>' ${b}`,
    (a, b) => `<${a}><${b}>`,
  ],
  [
    "in an array",
    (a, b) => sh.bash`x=(${[a, b]} ${a}); printf '<%s>' "\${x[@]}"`,
    (a, b) => `<${a}><${b}><${a}>`,
  ],
  ["in a here-string", (a) => sh.bash`cat <<< ${a}`, (a) => `${a}\n`],
  [
    "in an assignment and a loop",
    (a, b) => sh.bash`for x in ${[a, b]}; do y=${a}; printf '<%s>' "$x" "$y"; done`,
    (a, b) => `<${a}><${a}><${b}><${a}>`,
  ],
  [
    "in a condition",
    (a, b) => sh.bash`if [[ ${a} == ${a} ]]; then printf '<%s>' ${b}; fi`,
    (_, b) => `<${b}>`,
  ],
  [
    "beyond the ninth",
    (a, b) => sh.bash`printf '<%s>' ${[1, 2, 3, 4, 5, 6, 7, 8, 9]} ${a} "${b}"`,
    (a, b) => `<1><2><3><4><5><6><7><8><9><${a}><${b}>`,
  ],
];

describe(`a value in a script is handed over unread${why}`, () => {
  test.skipIf(!hasBash).each(scripts)("%s", (_, make, printed) => {
    fc.assert(
      fc.property(nasty, nasty, (a, b) => {
        // Here-strings and `$(...)` lose what no text can hold; the scripts guard against it.
        expect(run(make(a, b))).toBe(printed(a, b));
      }),
      {
        numRuns: 12,
        examples: [
          ["*", "a  b"],
          ["", ""],
          ["'", '"'],
        ],
      },
    );
  });

  test.skipIf(!hasBash)("a list is one word for each element", () => {
    fc.assert(
      fc.property(fc.array(nasty, { maxLength: 4 }), (list) => {
        const printed = run(
          sh.bash`printf '%s' begin; for x in ${list}; do printf '<%s>' "$x"; done`,
        );
        expect(printed).toBe(`begin${list.map((each) => `<${each}>`).join("")}`);
      }),
      { numRuns: 15 },
    );
  });

  test.skipIf(!hasBash)(
    "a failing command, a failing pipe and an unset variable end the script",
    () => {
      for (const script of [sh.bash`false; exit 0`, sh.bash`false | true`, sh.bash`echo "$nope"`]) {
        const [program = "", ...rest] = script[commandState].argv;
        expect(spawnSync(program, rest).status).not.toBe(0);
      }
    },
  );
});

describe("refused, for no reference means the right thing there:", () => {
  test.each([
    ["single quotes", () => sh.bash`echo '${"a"}'`],
    ["single quotes in a substitution", () => sh.bash`echo "$(echo '${"a"}')"`],
    ["a here-document", () => sh.bash`cat <<END\n${"a"}\nEND`],
    ["a here-document with tabs", () => sh.bash`cat <<-END\n${"a"}\nEND`],
    ["a list in double quotes", () => sh.bash`echo "${["a", "b"]}"`],
    ["a list of one in double quotes", () => sh.bash`echo "${["a"]}"`],
    ["an empty list in double quotes", () => sh.bash`echo "${[]}"`],
    ["what follows a dollar sign", () => sh.bash`echo $${"a"}`],
    ["what follows a dollar sign in double quotes", () => sh.bash`echo "$${"a"}"`],
    ["a list that touches text", () => sh.bash`echo x${["a", "b"]}`],
    ["a list that touches a value", () => sh.bash`echo ${["a", "b"]}${"c"}`],
    ["arithmetic", () => sh.bash`echo $((${1} + 1))`],
    ["arithmetic with parentheses", () => sh.bash`echo $(( (1 + ${1}) * 2 ))`],
    ["an arithmetic command", () => sh.bash`((x = ${1}))`],
    ["backticks", () => sh.bash`echo \`ls ${"a"}\``],
    [
      "what follows a case in a substitution in quotes",
      () => sh.bash`echo "$(case a in a) echo ${"a"};; esac)"`,
    ],
    ["text that touches a list", () => sh.bash`echo ${["a", "b"]}x`],
  ])("%s", (_, make) => {
    expect(make).toThrow(expect.objectContaining({ code: "TEMPLATE_SYNTAX" }));
  });
});

test("the text of a script does not depend on the values", () => {
  const script = (value: string): string | undefined =>
    sh.bash`echo ${value} "${value}"`[commandState].argv[4];
  expect(script("a")).toContain('echo "${ashlar[1]}" "${ashlar[2]}"');
  expect(script("$(rm -rf /)")).toBe(script("a"));
});

test("a backslash is the shell's", () => {
  const script = (command: ReturnType<typeof sh.bash>): string =>
    command[commandState].argv[4] ?? "";
  // JavaScript knows neither of these escapes, and would refuse or drop them.
  expect(script(sh.bash`printf '\033[31m' | sed 's/\(.\)x/\1y/'`)).toBe(
    String.raw`printf '\033[31m' | sed 's/\(.\)x/\1y/'`,
  );
  expect(script(sh.bash`echo \`date\` \${HOME}`)).toBe("echo `date` ${HOME}");
});

test("an argument with a NUL is refused, for no program could be given it", () => {
  expect(() => sh`tr ${"a\0b"}`).toThrow(expect.objectContaining({ code: "TEMPLATE_SYNTAX" }));
});
