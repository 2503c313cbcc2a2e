/**
 * Nix: raw derivations, without a daemon, without a sandbox, in a store of their own.
 *
 * @module
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { inputsOf, lastLayer, sourcePath } from "../graph/shape.mjs";
import { firstLine, run } from "../measure/child.mjs";
import { sha256 } from "../measure/sha256.mjs";
import { slots } from "./contender.mjs";
import { stagesOf } from "./files.mjs";

const prelude = `let
  head = n: inputs: derivation {
    name = "stage-\${toString n}";
    system = builtins.currentSystem;
    builder = "/bin/sh";
    args = [ "-c" "PATH=/usr/bin:/bin; head -q -c 20 $inputs > $out" ];
    inherit inputs;
  };
`;

/** @type {import("./contender.mjs").Contender} */
export const nix = {
  name: "nix-build",
  version: () => firstLine(["nix-build", "--version"])?.replace("nix-build (Nix) ", ""),

  open(folder, { count }) {
    const stages = stagesOf(count).map((stage) => {
      const below = inputsOf(stage).map((input) => `s${input}`);
      return `  s${stage} = head ${stage} [ ${[`./${sourcePath(stage)}`, ...below].join(" ")} ];\n`;
    });
    const targets = lastLayer(count).map((stage) => `s${stage}`);
    const expression = `${prelude}${stages.join("")}in [ ${targets.join(" ")} ]\n`;
    writeFileSync(join(folder, "default.nix"), expression);
    const env = ownStore(folder);
    /** @type {string[]} */
    let paths = [];
    return {
      build() {
        const argv = ["nix-build", "--no-out-link", "--max-jobs", String(slots)];
        const options = ["--option", "sandbox", "false", "--option", "build-users-group", ""];
        const { ms, stdout, stderr } = run([...argv, ...options], { cwd: folder, env });
        paths = stdout.trim().split("\n");
        return { ms, ran: stderr.match(/^building '/gm)?.length ?? 0 };
      },
      digests: () => paths.map((path) => sha256(readFileSync(path))),
    };
  },
};

/**
 * Everything of Nix that would lie under `/nix` or in the user's home.
 *
 * @param {string} folder
 * @returns {Record<string, string>}
 */
function ownStore(folder) {
  const place = (/** @type {string} */ name) => join(folder, "nix", name);
  for (const name of ["store", "state", "log", "conf", "home"]) {
    mkdirSync(place(name), { recursive: true });
  }
  return {
    NIX_STORE_DIR: place("store"),
    NIX_STATE_DIR: place("state"),
    NIX_LOG_DIR: place("log"),
    NIX_CONF_DIR: place("conf"),
    NIX_REMOTE: "",
    HOME: place("home"),
  };
}
