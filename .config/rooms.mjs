// Prints the rooms of lib and cli with what each imports, as spec/house.spec.ts sees them.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));

// A bundle, because Node 20.19 cannot import TypeScript.
const { outputFiles } = await build({
  entryPoints: [join(root, "spec/support/rooms.ts")],
  bundle: true,
  write: false,
  platform: "node",
  format: "esm",
  define: { "import.meta.dirname": JSON.stringify(join(root, "spec/support")) },
});
const { roomsTable } = await import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
console.log(roomsTable());
