/** What `scontrol show config` tells of a site. */
import type { Site } from "../../scheduler/answers.js";

/** Slurm's own defaults (slurm.conf(5)). Whether there are accounts, sacct will say. */
export const SITE_DEFAULTS: Site = { message_timeout_s: 10, min_job_age_s: 300, accounting: true };

export const siteIn = (text: string): Site => {
  const seconds = (name: string, otherwise: number) => {
    const number = Number.parseInt(valueIn(text, name) ?? "", 10);
    return Number.isFinite(number) ? number : otherwise;
  };
  const cluster = valueIn(text, "ClusterName");
  const storage = valueIn(text, "AccountingStorageType");
  return {
    message_timeout_s: seconds("MessageTimeout", SITE_DEFAULTS.message_timeout_s),
    min_job_age_s: seconds("MinJobAge", SITE_DEFAULTS.min_job_age_s),
    accounting: storage === undefined || !/^(\(null\)|accounting_storage\/none)?$/.test(storage),
    ...(cluster !== undefined && { cluster }),
  };
};

/** One value of the configuration. */
export const valueIn = (text: string, name: string): string | undefined =>
  new RegExp(`^${name}\\s*= (.*)$`, "m").exec(text)?.[1]?.trim();
