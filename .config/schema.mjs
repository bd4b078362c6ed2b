// Writes the JSON Schemas of lib/schema: the configuration's from its zod schema, the events' from their types.
// `schemas()` generates them anew, so that a spec can compare the files.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { createGenerator } from "ts-json-schema-generator";

const root = fileURLToPath(new URL("..", import.meta.url));

/** File name -> text. */
export const schemas = async () => ({
  "lib/schema/ensemble.schema.json": printed(await ensembleSchema()),
  "lib/schema/event.schema.json": printed(eventSchema()),
});

const ensembleSchema = async () => {
  // Inside the checkout, so that Node finds zod. A bundle, because Node 20.19 cannot import TypeScript.
  const directory = await mkdtemp(join(root, "node_modules", ".schema-"));
  try {
    const outfile = join(directory, "schema.mjs");
    const contents = 'export { CONFIGURATION } from "./lib/config/schema/ensemble.ts"; export { z } from "zod";';
    const stdin = { contents, resolveDir: root };
    await build({
      stdin,
      outfile,
      bundle: true,
      platform: "node",
      format: "esm",
      packages: "external",
      logLevel: "warning",
    });
    const { CONFIGURATION, z } = await import(pathToFileURL(outfile).href);
    // Zod cannot represent the custom check of variables; its metadata holds the `type`.
    return z.toJSONSchema(CONFIGURATION, { target: "draft-7", io: "input", unrepresentable: "any" });
  } finally {
    await rm(directory, { recursive: true });
  }
};

const eventSchema = () =>
  createGenerator({
    path: join(root, "lib/events/event.ts"),
    tsconfig: join(root, "tsconfig.json"),
    type: "Event",
    topRef: true,
    jsDoc: "extended",
    skipTypeCheck: true,
    // Newer programs may add fields (the second number of the version): readers must ignore them.
    additionalProperties: true,
  }).createSchema("Event");

const printed = (schema) => `${JSON.stringify(schema, null, 2)}\n`;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [file, text] of Object.entries(await schemas())) await writeFile(join(root, file), text);
}
