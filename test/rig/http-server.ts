/**
 * A server on this machine, whose answers the test holds.
 *
 * @module
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** Answers a request. */
export type Answer = (response: ServerResponse, request: IncomingMessage) => void;

/** A server, and what it was asked for. */
export class HttpServer {
  /** Paths, in the order of the requests. */
  readonly asked: string[] = [];
  readonly #server: Server;
  readonly #answers: Readonly<Record<string, string | Buffer | Answer | readonly Answer[]>>;

  private constructor(answers: HttpServer["answers"]) {
    this.#answers = answers;
    this.#server = createServer((request, response) => this.#answer(request, response));
    // Or it would hang up on those who have said nothing for five seconds, perhaps while they begin to.
    this.#server.keepAliveTimeout = 0;
  }

  /** By path: content; or what answers the request, one after another if it is a list. */
  get answers(): Readonly<Record<string, string | Buffer | Answer | readonly Answer[]>> {
    return this.#answers;
  }

  static async start(answers: HttpServer["answers"]): Promise<HttpServer> {
    const started = new HttpServer(answers);
    await new Promise<void>((resolve) => {
      started.#server.listen(0, "127.0.0.1", resolve);
    });
    return started;
  }

  url(path: string, userInfo = ""): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http://${userInfo}127.0.0.1:${port}${path}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname } = new URL(request.url ?? "", "http://localhost");
    this.asked.push(pathname);
    const answer = this.#answers[pathname];
    if (typeof answer === "string" || Buffer.isBuffer(answer)) response.end(answer);
    else if (typeof answer === "function") answer(response, request);
    else {
      const times = this.asked.filter((path) => path === pathname).length;
      const own = answer?.[times - 1];
      if (own === undefined) response.writeHead(404).end("no such thing");
      else own(response, request);
    }
  }
}
