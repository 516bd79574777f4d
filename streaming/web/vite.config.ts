import { defineConfig } from "vitest/config";

export default defineConfig({
  base: "/",
  build: {
    target: "es2022",
    manifest: "manifest.json",
    modulePreload: { polyfill: false }, // every browser of this target has it
    assetsInlineLimit: 0, // the Content-Security-Policy allows no data: styles or scripts
    chunkSizeWarningLimit: 700, // three.js, which comes when it is needed, is 540 kB, 135 kB as it travels
    license: { fileName: "THIRD-PARTY-LICENSES.md" },
    rolldownOptions: {
      input: { index: "index.html", docs: "docs.html", publish: "publish.html", embed: "src/embed/element.ts" },
      output: { entryFileNames: ({ name }) => (name === "embed" ? "embed.js" : "assets/[name]-[hash].js") }, // others link to it
    },
  },
  server: { proxy: { "/api": "http://127.0.0.1:8360", "/whep": "http://127.0.0.1:8360", "/whip": "http://127.0.0.1:8360" } },
  test: { include: ["test/**/*.test.ts"] },
});
