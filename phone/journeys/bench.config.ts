/** The numbers of the phone, in a slowed Chromium. `cargo xtask bench` runs them after those of the office. */

import { defineConfig } from "@playwright/test";

export default defineConfig({
  testDir: "bench",
  testMatch: "*.bench.ts",
  outputDir: "results",
  timeout: 600_000,
  expect: { timeout: 300_000 },
  retries: 0,
  // One at a time: they measure.
  workers: 1,
  reporter: [["line"]],
});
