import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { makeDirectory, makeDirectorySync } from "../../../lib/system/files/make-directory.js";

/** A path whose parent exists and answers ENOENT: Node's own `recursive` never ends there. */
const REFUSED = "/proc/nowhere";

let top = "";
beforeAll(() => {
  top = mkdtempSync(join(tmpdir(), "make-directory-"));
});
afterAll(() => rmSync(top, { recursive: true, force: true }));

let count = 0;
/** A new directory. */
const place = (): string => {
  const directory = join(top, String(++count));
  mkdirSync(directory);
  return directory;
};

const made = (path: string): boolean => statSync(path).isDirectory();
const modeOf = (path: string): number => statSync(path).mode & 0o777;

const BOTH: readonly (readonly [string, (path: string, mode?: number) => Promise<void>])[] = [
  ["makeDirectory", makeDirectory],
  ["makeDirectorySync", (path, mode) => Promise.resolve().then(() => makeDirectorySync(path, mode))],
];

describe.each(BOTH)("%s", (name, make) => {
  // In a process of its own, because a synchronous loop cannot be interrupted from inside.
  it.runIf(existsSync("/proc/self"))(
    "a parent that exists and answers ENOENT is an error with its path, not an endless loop",
    async () => {
      const [entry, file] = [join(place(), "entry.ts"), join(place(), "entry.mjs")];
      const lib = join(import.meta.dirname, "../../../lib/system/files/make-directory.ts");
      const tells = "console.log(JSON.stringify({ code: error.code, path: error.path }))";
      writeFileSync(
        entry,
        `import { ${name} } from ${JSON.stringify(lib)};
for (const below of ["", "/", "/x", "/x/y/z"]) try { await ${name}("${REFUSED}" + below); } catch (error) { ${tells}; }`,
      );
      await build({ entryPoints: [entry], outfile: file, bundle: true, platform: "node", format: "esm" });
      const printed = execFileSync(process.execPath, [file], { timeout: 10_000, killSignal: "SIGKILL" }).toString();
      const answers = printed.trimEnd().split("\n");
      expect(answers.map((line) => JSON.parse(line) as unknown)).toEqual(
        [REFUSED, `${REFUSED}/`, REFUSED, REFUSED].map((path) => ({ code: "ENOENT", path })),
      );
    },
  );

  it("the directory and all its parents are made, each with the given mode", async () => {
    const at = place();
    await make(join(at, "a/b/c"), 0o700);
    expect(["a", "a/b", "a/b/c"].map((path) => modeOf(join(at, path)))).toEqual([0o700, 0o700, 0o700]);
    await make(`${at}/with/slash/`);
    expect(made(join(at, "with/slash"))).toBe(true);
    await make(`${at}/x/../y`);
    expect(made(join(at, "y"))).toBe(true);
  });

  it("the umask holds for every directory that is made", async () => {
    const at = place();
    const before = process.umask(0o027);
    onTestFinished(() => void process.umask(before));
    await make(join(at, "a/b"));
    expect([modeOf(join(at, "a")), modeOf(join(at, "a/b"))]).toEqual([0o750, 0o750]);
  });

  it("a directory that exists is fine and keeps its mode, also behind a link", async () => {
    const at = place();
    mkdirSync(join(at, "there"), { mode: 0o750 });
    symlinkSync("there", join(at, "link"));
    for (const path of ["there", "link", "link/below"]) await make(join(at, path), 0o700);
    await make("/");
    await make(".");
    expect(modeOf(join(at, "there"))).toBe(0o750);
    expect(made(join(at, "there/below"))).toBe(true);
  });

  it("a file in the way is an error that names the path and the errno", async () => {
    const at = place();
    writeFileSync(join(at, "file"), "");
    symlinkSync("missing", join(at, "dangling"));
    await expect(make(join(at, "file"))).rejects.toMatchObject({ code: "EEXIST", path: join(at, "file") });
    await expect(make(join(at, "file/x"))).rejects.toMatchObject({ code: "ENOTDIR", path: join(at, "file/x") });
    await expect(make(join(at, "dangling/x"))).rejects.toMatchObject({ code: "EEXIST", path: join(at, "dangling") });
  });

  it("the error names the parent that cannot be made", async () => {
    const path = join(place(), "a", "n".repeat(256));
    await expect(make(join(path, "b/c"))).rejects.toMatchObject({ code: "ENAMETOOLONG", path });
  });
});

describe("makeDirectory at the same time", () => {
  it("all callers succeed when they make the same directories at the same time", async () => {
    const at = place();
    const paths = Array.from({ length: 200 }, (_, index) => join(at, "a/b/c/d", String(index % 5)));
    await Promise.all(paths.map((path) => makeDirectory(path)));
    expect(paths.every(made)).toBe(true);
  });
});
