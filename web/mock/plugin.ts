import type { IncomingMessage, ServerResponse } from "node:http";
import type { Connect, Plugin } from "vite";
import { MockApi } from "./handler.ts";

/** Serves the mock under /api/v1 in `vite` and `vite preview`. */
export function mockServer(kind: string): Plugin {
  const api = new MockApi(kind);
  const handle = (request: IncomingMessage, response: ServerResponse, next: Connect.NextFunction): void => {
    const url = new URL(request.url ?? "/", "http://mock");
    if (!url.pathname.startsWith("/api/v1/")) {
      next();
      return;
    }
    let size = 0;
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
    });
    request.on("end", () => {
      const answer = api.answer(request.method ?? "GET", url, size);
      response.statusCode = answer.status;
      response.setHeader("content-type", answer.type ?? "application/json");
      response.end(answer.body instanceof Uint8Array ? answer.body : JSON.stringify(answer.body));
    });
  };
  return {
    name: "sightglass-mock",
    configureServer: (server) => {
      server.middlewares.use(handle);
    },
    configurePreviewServer: (server) => {
      server.middlewares.use((request, response, next) => {
        // What the server will send: the built pages must live with it.
        response.setHeader(
          "content-security-policy",
          "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        );
        handle(request, response, next);
      });
    },
  };
}
