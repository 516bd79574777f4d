import { defineConfig } from "vite";

export default defineConfig({
  build: {
    lib: { entry: "test/sky/index.ts", formats: ["es"], fileName: () => "sky.js" },
    outDir: "../../build/sky",
    emptyOutDir: true,
    target: "es2022",
    minify: false,
    copyPublicDir: false,
  },
  logLevel: "warn",
});
