/** What is asked of a site once: how long Slurm's own patience is, how long it remembers, whether it keeps accounts. */
import { DEFAULT_SITE, type Site } from "../../scheduler/poll/site.js";

/** Reads what `scontrol show config` prints. */
export const siteIn = (text: string): Site => {
  const value = (name: string) => valueIn(text, name);
  const seconds = (name: string, otherwise: number) => {
    const number = Number.parseInt(value(name) ?? "", 10);
    return Number.isFinite(number) ? number : otherwise;
  };
  const cluster = value("ClusterName");
  const storage = value("AccountingStorageType");
  return {
    message_timeout_s: seconds("MessageTimeout", DEFAULT_SITE.message_timeout_s),
    min_job_age_s: seconds("MinJobAge", DEFAULT_SITE.min_job_age_s),
    accounting: storage === undefined || !/^(\(null\)|accounting_storage\/none)?$/.test(storage),
    ...(cluster !== undefined && { cluster }),
  };
};

/** One value of that. */
export const valueIn = (text: string, name: string): string | undefined =>
  new RegExp(`^${name}\\s*= (.*)$`, "m").exec(text)?.[1]?.trim();
