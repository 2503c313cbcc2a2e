import { availableParallelism } from "node:os";

import { defineConfig } from "vitest/config";

export default defineConfig({
  // Tests read the packages' sources, so they need no build. Not the condition `module`: Node gets it too, and
  // meets files there that are meant for bundlers.
  ssr: { resolve: { conditions: ["@ashlar/source", "node"] } },
  test: {
    include: ["packages/**/test/**/*.test.ts", "test/**/*.test.ts"],
    // By itself it leaves one processor free, and on two that is half of all. Tests wait for processes a lot.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    // For tests that hang: no test is about time, and where everything runs at once, one may take thirty times as
    // long as alone. So may what comes before and after: servers are started there, and containers removed. It is one
    // limit for all, and no test has a shorter one.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 240_000 } },
  },
});
