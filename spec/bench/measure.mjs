/** The measurement of a whole process: wall time, CPU time with all children, and its own memory and CPU time. */
import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Seconds and MB. `own_s` is the CPU time of the program without its children. */
export const measure = (words, directory, { terminal = false } = {}) =>
  new Promise((resolve, reject) => {
    // The shell's `time` includes all children that the program has waited for.
    const inner = terminal ? pseudoTerminal(words) : words;
    const log = openSync(join(directory, "output.log"), "w");
    const script = `TIMEFORMAT='%R %U %S'; { time "$@" >&4 2>&4; } 2>&3; exit`;
    const shell = spawn("bash", ["-c", script, "measure", ...inner], {
      cwd: directory,
      stdio: ["ignore", "ignore", "inherit", "pipe", log],
    });
    closeSync(log);
    const seen = { peak: 0, own: 0 };
    const sampling = setInterval(() => sample(shell.pid, words, seen), 20);
    let times = "";
    shell.stdio[3].setEncoding("utf8").on("data", (text) => {
      times += text;
    });
    shell.on("error", reject);
    shell.on("close", () => {
      clearInterval(sampling);
      const [wall_s, user, system] = times.trim().split(/\s+/).map(Number);
      if (!(wall_s > 0)) reject(new Error(`${words.join(" ")} was not measured: ${times}`));
      resolve({ wall_s, cpu_s: user + system, memory_MB: seen.peak / 1024, own_s: seen.own });
    });
  });

/** A terminal of 100 columns and 40 lines. */
const pseudoTerminal = (words) => {
  const command = words.map((word) => `'${word}'`).join(" ");
  return ["script", "-qfec", `stty cols 100 rows 40; exec ${command}`, "/dev/null"];
};

const PER_SECOND = 100;

/** Samples the program, which is a descendant of the shell. VmHWM is a maximum, so no peak between samples is lost. */
const sample = (shell, words, seen) => {
  try {
    const pid = descendant(shell, words);
    if (pid === undefined) return;
    const [, peak = "0"] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The fields that follow the process's name (a name may contain spaces); utime and stime are fields 14 and 15 (proc(5)).
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    seen.peak = Math.max(seen.peak, Number(peak));
    seen.own = (Number(fields[11]) + Number(fields[12])) / PER_SECOND;
  } catch {
    // The program has just ended.
  }
};

const descendant = (pid, words) => {
  const command = words.join("\0");
  let below = [pid];
  for (let depth = 0; depth < 4 && below.length > 0; depth += 1) {
    const found = below.find((candidate) => readFileSync(`/proc/${candidate}/cmdline`, "utf8").startsWith(command));
    if (found !== undefined && depth > 0) return found;
    below = below.flatMap((parent) =>
      readFileSync(`/proc/${parent}/task/${parent}/children`, "utf8").split(" ").filter(Boolean),
    );
  }
  return undefined;
};

export const median = (numbers) => {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};
