import { defineConfig } from "vitest/config";

/** three's sources have their shaders as they were written; its own build takes comments and indentation out, and so does this. */
const glsl = {
  name: "glsl",
  transform(code: string, id: string): string | undefined {
    if (!/\/three\/src\/renderers\/shaders\/.*\.glsl\.js$/.test(id)) return undefined;
    return code.replace(/\/\* glsl \*\/`([^`]*)`/g, (_, text: string) => JSON.stringify(plain(text)));
  },
};
const plain = (text: string): string =>
  `${text.replace(/\/\*[^]*?\*\/|\/\/.*/g, "").split("\n").map((line) => line.trim()).filter((line) => line !== "").join("\n")}\n`;

export default defineConfig({
  base: "/",
  plugins: [glsl],
  // three's sources, file by file: what only the glTF loader needs comes with it and not with the first load
  resolve: { alias: [{ find: /^three$/, replacement: "three/src/Three.js" }] },
  build: {
    target: "es2022",
    manifest: "manifest.json",
    assetsInlineLimit: 0, // the Content-Security-Policy allows no data: styles or scripts
    chunkSizeWarningLimit: 700, // three.js alone is 540 kB, 135 kB as it travels
    license: { fileName: "THIRD-PARTY-LICENSES.md" },
    rolldownOptions: {
      input: { index: "index.html", docs: "docs.html", publish: "publish.html", embed: "src/embed/element.ts" },
      output: { entryFileNames: ({ name }) => (name === "embed" ? "embed.js" : "assets/[name]-[hash].js") }, // others link to it
    },
  },
  server: { proxy: { "/api": "http://127.0.0.1:8360", "/whep": "http://127.0.0.1:8360", "/whip": "http://127.0.0.1:8360" } },
  test: { include: ["test/**/*.test.ts"] },
});
