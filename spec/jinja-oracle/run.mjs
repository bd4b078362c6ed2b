/** `npm run oracle [-- seed [count]]`: compares real Jinja2 and the built-in engine on fresh random templates. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { build } from "esbuild";

const root = join(import.meta.dirname, "../..");
const [seed = String(Date.now() % 100_000), count = "20000"] = process.argv.slice(2);

const scratch = mkdtempSync(join(tmpdir(), "jinja-oracle-"));
const bundle = join(scratch, "compare.mjs");
await build({
  entryPoints: [join(import.meta.dirname, "compare.ts")],
  bundle: true,
  platform: "node",
  format: "esm",
  outfile: bundle,
  logLevel: "warning",
});
const { contextOf, render, verdict } = await import(bundle);
rmSync(scratch, { recursive: true });
const run = contextOf(join(root, "fixtures/templates/jinja/context.json"));

const python = spawn(process.env.PYTHON ?? "python3", [join(import.meta.dirname, "oracle.py"), "fresh", seed, count], {
  stdio: ["ignore", "pipe", "inherit"],
  env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1", PYTHONWARNINGS: "ignore" },
});
const totals = { equal: 0, loud: 0, silent: 0, lax: 0 };
for await (const line of createInterface({ input: python.stdout })) {
  const [template, answer] = JSON.parse(line);
  const ours = render(template, run);
  const kind = verdict(answer, ours);
  totals[kind] += 1;
  if (kind === "equal") continue;
  const [theirs, mine] = [answer.o ?? answer, ours.text ?? ours].map((one) => JSON.stringify(one));
  console.log(`${kind}: ${JSON.stringify(template)}\n  jinja2: ${theirs}\n  ours:   ${mine}`);
}
const all = Object.values(totals).reduce((sum, one) => sum + one, 0);
const shares = Object.entries(totals).map(
  ([kind, number]) => `${kind} ${number} (${((100 * number) / all).toFixed(3)} %)`,
);
console.log(`seed ${seed}: ${all} templates, ${shares.join(", ")}`);
const wrong = totals.silent + totals.lax;
process.exitCode = all === Number(count) && totals.equal >= all * 0.999 && wrong < all * 0.0005 ? 0 : 1;
