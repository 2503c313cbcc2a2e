/**
 * Certificates for tests, made by `openssl` when they are needed, good for a day.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A certificate and its key, as PEM. */
export interface Pair {
  readonly cert: string;
  readonly key: string;
}

/** Whether there is an `openssl`; tests that need it say so when there is none. */
export const hasOpenssl: boolean = spawnSync("openssl", ["version"]).status === 0;

/** An authority that signs certificates. */
export class Authority implements Disposable {
  readonly #folder = fs.mkdtempSync(join(tmpdir(), "ashlar-certificates-"));

  constructor() {
    this.#openssl(
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
      ...["-days", "1", "-subj", "/CN=test authority", "-keyout", "ca.key", "-out", "ca.pem"],
    );
  }

  /** Its own certificate: what those trust who trust it. */
  get pem(): string {
    return this.#read("ca.pem");
  }

  /** Path of that. */
  get path(): string {
    return join(this.#folder, "ca.pem");
  }

  /** Signs a certificate for a name, as it stands in `subjectAltName`: `DNS:localhost`. */
  sign(altName: string): Pair {
    fs.writeFileSync(join(this.#folder, "names"), `subjectAltName=${altName}\n`);
    this.#openssl(
      ...["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
      ...["-subj", "/CN=test", "-keyout", "one.key", "-out", "one.csr"],
    );
    this.#openssl(
      ...["x509", "-req", "-in", "one.csr", "-CA", "ca.pem", "-CAkey", "ca.key"],
      ...["-CAcreateserial", "-days", "1", "-extfile", "names", "-out", "one.pem"],
    );
    return { cert: this.#read("one.pem"), key: this.#read("one.key") };
  }

  [Symbol.dispose](): void {
    fs.rmSync(this.#folder, { recursive: true });
  }

  #read(name: string): string {
    return fs.readFileSync(join(this.#folder, name), "utf8");
  }

  #openssl(...words: readonly string[]): void {
    const { status, stderr } = spawnSync("openssl", words, { cwd: this.#folder });
    if (status !== 0) throw new Error(`openssl failed: ${String(stderr)}`);
  }
}
