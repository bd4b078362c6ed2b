/** What others find out about a configuration is told at its place in the file. */
import { describe, expect, it } from "vitest";
import { read } from "../fixtures.js";

const { locate } = read(`ensemble:
  batch_config: &common
    templates: [a.j2, b.j2]
    templatedir: ../template
  batches:
  - name: one
    <<: *common
    basedir: ./one
    maxruns: 1
    maxjobs: 1
    runs: [{a: 1}]
  - name: two
    basedir: ./two
    maxruns: 1
    maxjobs: 1
    runs: []
`);

describe("a place", () => {
  it("is in the batch that has it", () => {
    expect(locate("one", "runs", 0, "a")).toEqual({
      file: "ensemble.yaml",
      line: 11,
      column: 16,
      excerpt: "    runs: [{a: 1}]",
    });
  });

  it("is where it was written, if it came through a merge key", () => {
    expect(locate("one", "templates", 1)).toMatchObject({ line: 3, column: 23 });
  });

  it("is in batch_config, if the batch has none of its own", () => {
    expect(locate("two", "templates", 1)).toMatchObject({ line: 3, column: 23 });
    expect(locate("two", "templatedir")).toMatchObject({ line: 4, column: 18 });
  });

  it("is the nearest thing around it, if there is no such thing", () => {
    expect(locate("two", "job_file")).toMatchObject({ line: 12, column: 5 });
    expect(locate("one", "templates", 7)).toMatchObject({ line: 3 });
    expect(locate("three", "templates")).toEqual({ file: "ensemble.yaml" });
  });
});
