import { defineConfig } from "vite";

export default defineConfig({
  build: {
    lib: { entry: "test/headset/index.ts", formats: ["es"], fileName: () => "balls.js" },
    outDir: "../../build/balls",
    emptyOutDir: true,
    target: "es2022",
    minify: false,
    copyPublicDir: false,
  },
  logLevel: "warn",
});
