/** Journeys through the real program and the real app, in Chromium. `cargo xtask test --only phone` runs them. */

import { defineConfig } from "@playwright/test";

export default defineConfig({
  testDir: "specs",
  outputDir: "results",
  // A journey is many minutes of somebody's day; each step inside it has a limit of its own.
  timeout: 180_000,
  expect: { timeout: 20_000 },
  // A failure is a finding: never retried.
  retries: 0,
  workers: 2,
  fullyParallel: true,
  forbidOnly: true,
  reporter: [["list"]],
});
