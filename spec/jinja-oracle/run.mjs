/** `npm run oracle [-- seed [count]]`: renders fresh random templates with real Jinja2 and with ours, and compares. */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { build } from "esbuild";
import { valueOf, verdict } from "./compare.mjs";

const root = join(import.meta.dirname, "../..");
const [seed = String(Date.now() % 100_000), count = "20000"] = process.argv.slice(2);

const scratch = mkdtempSync(join(tmpdir(), "jinja-oracle-"));
const bundle = join(scratch, "engine.mjs");
await build({
  stdin: {
    contents: `export { compileJinja } from "./lib/templates/jinja/jinja.js"; export { Float, Timestamp } from "./lib/values.js";`,
    resolveDir: root,
  },
  bundle: true,
  platform: "node",
  format: "esm",
  outfile: bundle,
  logLevel: "warning",
});
const { compileJinja, Float, Timestamp } = await import(bundle);
rmSync(scratch, { recursive: true });
const run = valueOf(JSON.parse(readFileSync(join(root, "fixtures/templates/jinja/context.json"), "utf8")), {
  Float,
  Timestamp,
});

const render = (template) => {
  try {
    return { text: compileJinja(template, { undefined: "empty", roots: [] }).render(run) };
  } catch (error) {
    if (error.name !== "TemplateError") console.log("CRASH", JSON.stringify(template), error);
    return { error: error.message };
  }
};

const python = spawn(process.env.PYTHON ?? "python3", [join(import.meta.dirname, "oracle.py"), "fresh", seed, count], {
  stdio: ["ignore", "pipe", "inherit"],
  env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1" },
});
const totals = { equal: 0, loud: 0, silent: 0, lax: 0 };
for await (const line of createInterface({ input: python.stdout })) {
  const [template, answer] = JSON.parse(line);
  const ours = render(template);
  const kind = verdict(answer, ours);
  totals[kind] += 1;
  if (kind === "equal") continue;
  console.log(
    `${kind}: ${JSON.stringify(template)}\n  jinja2: ${JSON.stringify(answer.o ?? answer)}\n  ours:   ${JSON.stringify(ours.text ?? ours)}`,
  );
}
const all = Object.values(totals).reduce((sum, one) => sum + one, 0);
const share = (number) => `${number} (${((100 * number) / all).toFixed(3)} %)`;
console.log(
  `seed ${seed}: ${all} templates, equal ${share(totals.equal)}, loud ${share(totals.loud)}, silent ${share(totals.silent)}, lax ${share(totals.lax)}`,
);
process.exitCode =
  all === Number(count) && totals.equal / all >= 0.999 && totals.silent + totals.lax < all * 0.0005 ? 0 : 1;
