/** Specs of a coprocess: a program that answers line by line. */
import { describe, expect, it } from "vitest";
import { type CoprocessCommand, openCoprocess } from "../../../lib/system/processes/coprocess.js";
import { endEveryGroup } from "../../../lib/system/processes/process-groups.js";
import { alive } from "../../support/program.js";

const LONG = 600;

/** The script's `say` prints a marked line; the shell's own arguments are its name and the mark. */
const bash = (script: string, limits: Partial<CoprocessCommand> = {}) =>
  openCoprocess({
    file: "bash",
    arguments: ["-c", `say() { echo "$1$2"; }; ${script.replaceAll("say ", 'say "$1" ')}`, "bash"],
    startSeconds: LONG,
    answerSeconds: LONG,
    ...limits,
  });

const lastWords = (question: Promise<string>): Promise<string> =>
  question.catch((error: unknown) => (error instanceof Error ? error.message : ""));

describe("openCoprocess", () => {
  it("one process answers all questions in order", async () => {
    const ask = bash('say ready; while read -r line; do say "$$ $line"; done');
    const answers = (await Promise.all(["a", "b", "c"].map((line) => ask(line)))).map((answer) => answer.split(" "));
    expect(answers.map(([, line]) => line)).toEqual(["a", "b", "c"]);
    expect(new Set(answers.map(([pid]) => pid)).size).toBe(1);
  });

  it("what the program prints without the mark is no answer", async () => {
    const ask = bash("echo hello; say ready; echo again; while read -r line; do echo noise; say $line; done");
    expect(await Promise.all([ask("a"), ask("b")])).toEqual(["a", "b"]);
  });

  it("a question fails with the program's last words if the program ends without an answer, and the next one restarts it", async () => {
    const ask = bash(
      "say ready; read -r line; if [ $line = die ]; then echo one >&2; echo last words >&2; exit 3; fi; say fine",
    );
    await expect(ask("die")).rejects.toMatchObject({ when: "answer", message: "last words" });
    expect(await ask("live")).toBe("fine");
  });

  it("a program that ends during an answer leaves only that question unanswered: a new process gets the others", async () => {
    const ask = bash("say ready; while read -r line; do [ $line = die ] && exit 3; say $line; done");
    const answers = await Promise.allSettled(["a", "die", "b", "die", "c"].map((line) => ask(line)));
    expect(answers.map((one) => (one.status === "fulfilled" ? one.value : (one.reason as Error).message))).toEqual([
      "a",
      "it ended with exit status 3",
      "b",
      "it ended with exit status 3",
      "c",
    ]);
  });

  it("a program that ends before it is ready leaves every question unanswered", async () => {
    const ask = bash("echo no jinja2 >&2; exit 1");
    const answers = await Promise.allSettled(["a", "b"].map((line) => ask(line)));
    expect(answers.map((one) => one.status === "rejected" && (one.reason as Error).message)).toEqual([
      "no jinja2",
      "no jinja2",
    ]);
  });

  it("a question fails if there is no such program", async () => {
    const nothing = openCoprocess({ file: "/nowhere/python3", arguments: [], startSeconds: LONG, answerSeconds: LONG });
    await expect(nothing("x")).rejects.toThrow("ENOENT");
  });

  it("a program that never becomes ready is ended at the limit for its start, and every question fails", async () => {
    const ask = bash('echo "$$" >&2; exec sleep 1000', { startSeconds: 0.5 });
    const questions = [ask("a"), ask("b")];
    await expect(questions[1]).rejects.toMatchObject({ when: "start_limit" });
    const pid = await lastWords(questions[0]!);
    await expect.poll(() => alive(pid), { timeout: 30_000 }).toBe(false);
  });

  it("a program that never ends an answer is ended at the limit for an answer", async () => {
    const ask = bash('say ready; read -r line; echo "$$" >&2; while :; do :; done', { answerSeconds: 0.5 });
    const spinning = ask("spin");
    await expect(spinning).rejects.toMatchObject({ when: "answer_limit" });
    const pid = await lastWords(spinning);
    await expect.poll(() => alive(pid), { timeout: 30_000 }).toBe(false);
  });

  it("a program that is ended with every process group is not started again", async () => {
    const ask = bash("say ready; while read -r line; do [ $line = go ] || sleep 1000; say $line; done");
    expect(await ask("go")).toBe("go");
    const questions = ["wait", "go"].map((line) => ask(line));
    endEveryGroup();
    const answers = await Promise.allSettled(questions);
    expect(answers).toMatchObject([{ reason: { when: "stop" } }, { reason: { when: "stop" } }]);
  });
});
