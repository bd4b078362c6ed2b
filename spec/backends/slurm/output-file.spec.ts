/** Which file Slurm writes a job's output to, by the script's directives. */
import { describe, expect, it } from "vitest";
import { outputPatternOf } from "../../../lib/backends/slurm/output-file.js";
import type { OutputJob } from "../../../lib/scheduler/dialect.js";

/** The pattern for job 4711, named `drop-0` in the queue, of a script with these directives. */
const patternOf = (directives: string, over: Partial<OutputJob> = {}) =>
  outputPatternOf({
    ...{ script: `#!/bin/bash\n${directives}\n\necho 1\n`, file: "job.sh", directory: "/run/drop-0" },
    ...{ id: "4711", name: "drop-0", ...over },
  });

describe("the file in the run directory", () => {
  it.each([
    ["", "slurm-4711.out"],
    ["#SBATCH --time=5\n# -o no-directive.txt", "slurm-4711.out"],
    ["#SBATCH -o out.txt", "out.txt"],
    ["#SBATCH -oout.txt", "out.txt"],
    ["#SBATCH --output=out.txt", "out.txt"],
    ["#SBATCH --output out.txt", "out.txt"],
    ["#SBATCH -n 1 --output='my out.txt' -t 5", "my out.txt"],
    ["#SBATCH -o first.txt\n#SBATCH -o last.txt", "last.txt"],
    ["#SBATCH -o %j.txt", "4711.txt"],
    ["#SBATCH -o %J.txt", "4711.txt"],
    ["#SBATCH -o %A.txt", "4711.txt"],
    ["#SBATCH -o %8j.txt", "00004711.txt"],
    ["#SBATCH -o %4j.txt", "4711.txt"],
    ["#SBATCH -o %2j.txt", "4711.txt"],
    ["#SBATCH -o %x-%j.txt", "drop-0-4711.txt"],
    ["#SBATCH -o on-%N.txt", "on-n17.cluster.txt"],
    ["#SBATCH -o %u-%n-%s-%t.txt", "me-0-0-0.txt"],
    ["#SBATCH -o 100%%.txt", "100%.txt"],
    ["#SBATCH -o %%j.txt", "%j.txt"],
    ["#SBATCH -o out.%j.txt\\", "out.%j.txt"],
    ["#SBATCH -o \\%j.txt", "%j.txt"],
    ["#SBATCH -o a+b(c).txt", "a+b(c).txt"],
    ["#SBATCH --array=0-3", "slurm-4711_2.out"],
    ["#SBATCH -a 0-3", "slurm-4711_2.out"],
    ["#SBATCH -a 0-3\n#SBATCH -o task.%4a", "task.0002"],
    ["#SBATCH --array=0-3\n#SBATCH -o %A-%a-%j.txt", "4711-2-4713.txt"],
  ])("a script with %j writes to %s", (directives, name) => {
    const { directory, file } = patternOf(directives);
    expect(directory).toBe("/run/drop-0");
    expect([name, file.test(name)]).toEqual([name, true]);
  });

  it.each([
    ["", "slurm-47110.out"],
    ["", "my-slurm-4711.out"],
    ["#SBATCH -o out.txt", "outxtxt"],
    ["#SBATCH -o out.txt", "out.txt.old"],
    ["#SBATCH -o %j.txt", "4712.txt"],
    ["#SBATCH -o %8j.txt", "4711.txt"],
    ["#SBATCH -o %x.txt", "drop-1.txt"],
    ["#SBATCH -o %%j.txt", "4711.txt"],
    ["#SBATCH -o out.%j.txt\\", "out.4711.txt"],
    ["#SBATCH --array=0-3", "slurm-4711.out"],
    ["#SBATCH --array=0-3", "slurm-4712_2.out"],
  ])("a script with %j does not write to %s", (directives, name) => {
    expect([name, patternOf(directives).file.test(name)]).toEqual([name, false]);
  });
});

describe("the directory of the file", () => {
  it.each([
    ["out.txt", "/run/drop-0"],
    ["logs/out.txt", "/run/drop-0/logs"],
    ["../out.txt", "/run"],
    ["/scratch/me/out.txt", "/scratch/me"],
    ["/dev/null", "/dev"],
  ])("a script with `-o %s` writes to a file in %s", (path, directory) => {
    expect(patternOf(`#SBATCH -o ${path}`).directory).toBe(directory);
  });
});

it("any job name matches %x until the queue has shown the name, and then that name alone", () => {
  const job = { script: "#!/bin/sh\n#SBATCH -o %x.txt\n", file: "job.sh", directory: "/run", id: "7" };
  expect(outputPatternOf(job).file.test("anything.txt")).toBe(true);
  const named = outputPatternOf({ ...job, name: "a.b" }).file;
  expect([named.test("a.b.txt"), named.test("axb.txt")]).toEqual([true, false]);
});
