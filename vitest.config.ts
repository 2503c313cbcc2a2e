import { defineConfig } from "vitest/config";

export default defineConfig({
  // Tests read the packages' sources, so they need no build.
  ssr: { resolve: { conditions: ["@ashlar/source", "module", "node"] } },
  test: { include: ["packages/**/test/**/*.test.ts", "test/**/*.test.ts"] },
});
