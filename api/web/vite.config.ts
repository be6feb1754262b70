import { preact } from "@preact/preset-vite";
import { defineConfig } from "vite";

// `npm run dev` shows what a running Belfry answers: BELFRY=http://127.0.0.1:8787 npm run dev
const server = process.env.BELFRY ?? "http://127.0.0.1:8787";

export default defineConfig({
  plugins: [preact({ reactAliasesEnabled: false, devToolsEnabled: false })],
  build: { target: "es2022", modulePreload: { polyfill: false }, assetsInlineLimit: 0, reportCompressedSize: false },
  server: { proxy: { "/api": { target: server } } },
  test: { environment: "node", include: ["src/**/*.test.ts"] },
} as Parameters<typeof defineConfig>[0]);
