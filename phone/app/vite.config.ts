import { readdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import type { Plugin } from "vite";
import { VitePWA } from "vite-plugin-pwa";
import { defineConfig } from "vitest/config";
import app from "./package.json" with { type: "json" };

/** Files worth compressing; the rest (images) already are. */
const COMPRESSIBLE = /\.(html|js|css|svg|wasm|webmanifest|json|txt)$/;

/** Writes `.br` and `.gz` beside each compressible file, so that the server only picks one. */
function precompressed(): Plugin {
  let folder = "";
  return {
    name: "precompressed",
    apply: "build",
    enforce: "post",
    configResolved(config) {
      folder = resolve(config.root, config.build.outDir);
    },
    // After the service worker is written, which happens when the bundle is closed.
    closeBundle: {
      order: "post",
      sequential: true,
      async handler() {
        for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
          if (!entry.isFile() || !COMPRESSIBLE.test(entry.name)) continue;
          const path = join(entry.parentPath, entry.name);
          const bytes = await readFile(path);
          const brotli = await promisify(brotliCompress)(bytes, {
            params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
          });
          await writeFile(`${path}.br`, brotli);
          await writeFile(`${path}.gz`, await promisify(gzip)(bytes, { level: 9 }));
        }
      },
    },
  };
}

/** The fake core is for trying and testing the pages: another build, never a part of the real one. */
const core = process.env["VITE_CORE"] === "fake" ? "src/core/fake.ts" : "src/core/client.ts";

export default defineConfig({
  resolve: { alias: { "#core": resolve(import.meta.dirname, core) } },
  define: { __VERSION__: JSON.stringify(app.version) },
  build: { target: "chrome109", assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  worker: { format: "es" },
  // The fake core reads the definitions where they are.
  server: { fs: { allow: ["../.."] } },
  plugins: [
    VitePWA({
      strategies: "injectManifest",
      srcDir: "src",
      filename: "sw.ts",
      injectRegister: false,
      manifest: false,
      injectManifest: {
        globPatterns: ["**/*.{html,js,css,wasm,svg,png,webmanifest}"],
        maximumFileSizeToCacheInBytes: 8 * 1024 * 1024,
      },
    }),
    precompressed(),
  ],
  test: { environment: "happy-dom", include: ["src/**/*.test.{ts,tsx}"] },
});
