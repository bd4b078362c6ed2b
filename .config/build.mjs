// Builds dist/: the programs as bundles without dependencies, the library with its packages as imports.
import { execFileSync } from "node:child_process";
import { chmodSync, readFileSync, rmSync } from "node:fs";
import { build } from "esbuild";

process.chdir(new URL("..", import.meta.url).pathname);
rmSync("dist", { recursive: true, force: true });
const { version } = JSON.parse(readFileSync("package.json", "utf8"));
const common = {
  bundle: true,
  platform: "node",
  target: "node20.19",
  format: "esm",
  define: { "process.env.MODEL_ENSEMBLER_VERSION": JSON.stringify(version) },
  logLevel: "warning",
};
await build({
  ...common,
  entryPoints: ["cli/main.ts", "cli/check.ts"],
  outdir: "dist/cli",
  // Heavy modules are separate files, loaded on demand: `--help` must not wait for them.
  splitting: true,
  chunkNames: "parts/[name]-[hash]",
  // Some packages are CommonJS, and load Node's own modules with `require`.
  banner: {
    js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
  },
});
await build({ ...common, entryPoints: ["lib/index.ts"], outdir: "dist/lib", packages: "external" });
if (!process.argv.includes("--no-types")) {
  execFileSync("node_modules/.bin/tsc", ["-p", ".config/tsconfig.types.json"], { stdio: "inherit" });
}
for (const program of ["main", "check"]) chmodSync(`dist/cli/${program}.js`, 0o755);
