/**
 * `npm run oracle [-- seed [count]]`: compares real Jinja2 and the built-in engine on fresh random templates.
 * `npm run oracle -- unicode`: compares their text functions for every code point.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { build } from "esbuild";

const root = join(import.meta.dirname, "../..");
const python = (...args) =>
  spawn(process.env.PYTHON ?? "python3", args, {
    cwd: import.meta.dirname,
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1", PYTHONWARNINGS: "ignore" },
  });
const linesOf = (child) => createInterface({ input: child.stdout });

const scratch = mkdtempSync(join(tmpdir(), "jinja-oracle-"));
const bundled = async (name) => {
  const outfile = join(scratch, `${name}.mjs`);
  const entryPoints = [join(import.meta.dirname, `${name}.ts`)];
  await build({ entryPoints, bundle: true, platform: "node", format: "esm", outfile, logLevel: "warning" });
  return import(outfile);
};

const compareUnicode = async () => {
  const { charactersBut, unicodeAnswer, unicodeDigest, UNICODE_FUNCTIONS } = await bundled("unicode");
  const characters = charactersBut([]);
  const different = [];
  let compared = 0;
  for await (const line of linesOf(python("unicode_tables.py", "answers"))) {
    const [name, digest] = JSON.parse(line);
    compared += 1;
    if (unicodeDigest(name, characters) !== digest) different.push(name);
  }
  for (const name of different) {
    const found = [];
    let index = 0;
    for await (const line of linesOf(python("unicode_tables.py", "answers", name))) {
      const [character, theirs] = [characters[index++], JSON.parse(line)];
      const ours = unicodeAnswer(name, character);
      const code = character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
      if (ours !== theirs) found.push(`  U+${code}: Python ${JSON.stringify(theirs)}, ours ${JSON.stringify(ours)}`);
    }
    console.log(`${name}: ${found.length} differ\n${found.slice(0, 20).join("\n")}`);
  }
  console.log(`${compared} functions for ${characters.length} code points, ${different.length} differ`);
  return compared === UNICODE_FUNCTIONS.length && different.length === 0 ? 0 : 1;
};

if (process.argv[2] === "unicode") {
  const status = await compareUnicode();
  rmSync(scratch, { recursive: true });
  process.exit(status);
}

const [seed = String(Date.now() % 100_000), count = "20000"] = process.argv.slice(2);

const { contextOf, render, verdict } = await bundled("compare");
rmSync(scratch, { recursive: true });
const run = contextOf(join(root, "fixtures/templates/jinja/context.json"));

const totals = { equal: 0, loud: 0, silent: 0, lax: 0 };
for await (const line of linesOf(python("oracle.py", "fresh", seed, count))) {
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
