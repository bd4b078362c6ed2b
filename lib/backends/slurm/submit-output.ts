/** Classifies what sbatch prints. "unclear" is the rule, and everything else a listed exception. */
import type { SubmitAnswer, SubmitOutput } from "../../scheduler/answers.js";

export const classify = ({ status, signal, stdout, stderr }: SubmitOutput): SubmitAnswer => {
  const job = jobIn(stdout);
  if (job !== undefined) return { is: "accepted", job };
  const complaint = messageIn(stderr);
  if (signal !== null || status === null || status === 0) {
    const how =
      signal === null
        ? `sbatch ended with exit status ${String(status)} and printed no job id`
        : `${signal} ended sbatch`;
    return { is: "unclear", message: [complaint, how].filter((part) => part !== "").join("; "), ended: status === 0 };
  }
  const message = complaint === "" ? `sbatch ended with exit status ${status} and printed nothing` : complaint;
  if (DOUBTFUL.test(stderr)) return { is: "unclear", message, ended: false };
  const is = meantBy(stderr);
  return is === "unclear" ? { is, message, ended: true } : { is, message };
};

/**
 * The id, on a line of its own, whatever a site prints around it; `12;cluster` where the job went to another cluster.
 * Without the line's end, the id may be the beginning of a longer one: a disk can fill in the middle of it.
 */
const jobIn = (stdout: string): string | undefined => {
  for (const line of stdout.split("\n").slice(0, -1).reverse()) {
    const [, id, cluster] = PARSABLE.exec(line.trim()) ?? SENTENCE.exec(line.trim()) ?? [];
    if (id !== undefined) return cluster === undefined ? id : `${id};${cluster}`;
  }
  return undefined;
};

const PARSABLE = /^([1-9]\d{0,9})(?:;([\w.-]+))?$/;
const SENTENCE = /^Submitted batch job ([1-9]\d{0,9})(?: on cluster ([\w.-]+))?$/;

/**
 * Once its request is under way, sbatch gives up with one sentence only, which ends in a text of slurm_errno.c. The text
 * before the sentence may be a site's own words and does not count.
 */
const meantBy = (stderr: string): Exclude<SubmitAnswer["is"], "accepted"> => {
  const answers = [...stderr.matchAll(VERDICT)].map(([, answer = ""]) => answer);
  if (answers.length === 0) {
    const own = stderr.split("\n").filter((line) => line.startsWith("sbatch: "));
    return CLIENT.find(([, pattern]) => own.some((line) => pattern.test(line)))?.[0] ?? "unclear";
  }
  // A site's wrapper may have called sbatch more than once.
  const meanings = answers.map((answer) => {
    // The same text stands for limits on submission, under which ended jobs make room, and for limits on requests.
    if (answer.startsWith(POLICY) && /(Max|Grp)Submit/.test(stderr)) return "busy";
    return ANSWERS.find(([, texts]) => texts.has(answer.toLowerCase()))?.[0] ?? (NOWHERE.test(stderr) && "away");
  });
  return meanings.every((meaning) => meaning !== false) ? (meanings.at(-1) ?? "unclear") : "unclear";
};

const VERDICT = /Batch job submission failed: (.*?)\.?\s*$/gm;
const POLICY = "Job violates accounting/QOS policy";

/** The most telling lines, as one. */
const messageIn = (stderr: string): string => {
  const own = stderr.split("\n").flatMap((line) => OWN_LINE.exec(line.trim())?.[1] ?? []);
  const lines = own.length > 0 ? own : stderr.split("\n").map((line) => line.trim());
  const sentences = [...new Set(lines.filter((line) => line !== ""))].slice(-4);
  // A message of several lines continues with a small letter.
  const message = sentences.reduce(
    (text, line) => `${text}${/^(line|instead|contain) /.test(line) ? " " : "; "}${line}`,
    "",
  );
  return message.slice(2, 2 + LONGEST);
};

/** A line of sbatch itself. */
const OWN_LINE = /^sbatch: (?:(?:error|fatal): )?(?:Batch job submission failed: )?(.*\S)/;
const LONGEST = 500;

/**
 * The request may have arrived, whatever else sbatch prints: the request was lost on its way, or the answer was (then
 * sbatch prints "Unspecified error", after a line from the code that unpacks answers).
 */
const DOUBTFUL = new RegExp(
  [
    "Socket timed out|Zero Bytes were transmitted|Unexpected message received|unexpected missing socket",
    String.raw`\((send|receive|shutdown) failure\)|Message (send|receive) failure|Communication (connection|shutdown) failure`,
    "Header lengths are longer|Insane message length|unpack_received_msg|more than one message back",
    "auth_g_verify|auth_g_unpack|Munge decode failed",
    "Connection timed out(?! establishing)|Connection reset|Connection aborted|Broken pipe|Transport endpoint",
    "Connection rejected by handler|Connection forced closed|locked by another sibling",
  ].join("|"),
  "i",
);

/** Complaints of sbatch itself, before it sends anything. */
const CLIENT: readonly (readonly [is: "away" | "refused", pattern: RegExp])[] = [
  ["away", /Unable to process configuration file|Could not establish a configuration source|Munge encode failed/],
  ["away", /Unable to establish (controller|control machine|configuration)|talking to the database/],
  ["refused", /No cluster '.*' known|Could not open user environment file/],
  ["away", /clusters? can be reached|can't be reached now/],
  ["refused", /unrecognized option|invalid option --|requires an argument|doesn't allow an argument|is ambiguous/],
  [
    "refused",
    /Unable to open file|Batch script (is empty|contains)|does not look like a batch script|does not allow scripts/,
  ],
  ["refused", /Invalid directive found|: line \d+: (Unexpected|Unmatched) |Script arguments not permitted/],
  ["refused", /Invalid --|[Ii]nvalid (--|number of|numeric value|.*specification|node (list|file))|Invalid plane size/],
  ["refused", /is not (a )?valid|unrecognized --|mutually exclusive|Cannot specify both|only permitted by root user/],
  ["refused", /Incompatible begin and deadline|Too few processes|Priority must be|less than minimum node count/],
  // A site's own rules, which sbatch asks before the server.
  ["refused", /cli_filter plugin terminated/],
];

/** With any other text: sbatch reached no server. (A name that cannot be resolved is an "Invalid argument".) */
const NOWHERE = /^sbatch: error: Unable to establish (controller|control machine)/m;

const textsOf = (...texts: readonly string[]): ReadonlySet<string> =>
  new Set(texts.map((text) => text.toLowerCase().replace(/\.$/, "")));

/** Texts of Slurm 22.05 to 26.05. "Slurm internal error" and "No error" are not here: what they leave behind is unknown. */
const ANSWERS: readonly (readonly [is: "busy" | "away" | "refused", texts: ReadonlySet<string>])[] = [
  [
    "busy",
    textsOf(
      // MaxJobCount: sbatch itself has retried for two minutes.
      "Resource temporarily unavailable",
      "Unable to create job record, try again",
      "MaxJobCount limit reached",
      "Rate limit exceeded, please retry momentarily",
      "Rate limit exceeded, please retry later",
      // For maintenance: administrators switch submissions on again.
      "System submissions disabled",
      "Required partition not available (inactive or drain)",
      "Partition in DOWN state",
      "Requested nodes are busy",
      "Required ports are in use",
      "Licenses currently unavailable",
      "Max powered up nodes reached",
      // The server's file system is full.
      "I/O error writing script/environment to file",
    ),
  ],
  [
    "away",
    textsOf(
      "Unable to contact slurm controller (connect failure)",
      "Connection timed out establishing",
      "Can't find an address, check slurm.conf",
      "Slurm backup controller in standby mode",
      "Controller is in standby mode, try a different controller",
      "Incompatible versions of client and server code",
      "Protocol authentication error",
      "Invalid authentication credential",
      "Authentication credential invalid",
      "Authentication credential expired",
      "Rejecting authentication of user nobody or group nobody",
      "TLS missing but required for connection",
    ),
  ],
  [
    "refused",
    textsOf(
      ...["Invalid partition name specified", "No partition specified or system default partition"],
      ...["Access/permission denied", "User's group not permitted to use this partition", "Invalid user id"],
      ...["Invalid group id", "Requested nodes not in this partition", "More processors requested than permitted"],
      ...["Node count specification invalid", "Job size specification needs to be provided", "Duplicate job id"],
      ...["Job script not specified", "Pathname of a file, directory or other parameter too long"],
      ...["Requested node configuration is not available", "Requested partition configuration not available now"],
      ...[
        "Requested topology configuration is not available",
        "Invalid job id specified",
        "Invalid node name specified",
      ],
      ...[
        "Task distribution specification invalid",
        "Task count specification invalid",
        "CPU count specification invalid",
      ],
      ...[
        "Invalid feature specification",
        "Invalid preferred feature specification",
        "Invalid cluster feature specification",
      ],
      ...["Requested operation not supported on this system", "Requested operation is presently disabled"],
      ...["Job dependency problem", "Circular job dependency", "Only batch jobs are accepted or processed"],
      ...["Memory required by task is not available", "Requested more tasks than available processors"],
      ...["Current SwitchType does not permit arbitrary task distribution", "X11 forwarding not available"],
      ...["Invalid account or account/partition combination specified", "Invalid or unknown association"],
      ...["Invalid qos specification", "Requested account has breached requested QOS usage threshold"],
      "Invalid QOS specification, relative QOS can only be used in a single partition per cluster",
      ...["Invalid wckey specification", "Invalid license specification", "Invalid mcs_label specified"],
      "Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)",
      ...["Requested time limit is invalid (missing or exceeds some limit)", "Invalid time specified"],
      "Invalid time-min specification (exceeds job's time or other limits)",
      "Time limit specification required, but not provided",
      ...[
        "Access denied to requested reservation",
        "Requested reservation is invalid",
        "Requested reservation is in use",
      ],
      ...["Requested reservation not usable now", "Job can not start due to maintenance reservation"],
      ...["Required node not available (down, drained or reserved)", "Requires more ports than can be reserved"],
      ...["Invalid generic resource (gres) specification", "Duplicate generic resource (gres) specification"],
      ...[
        "Invalid GRES specification (with and without type identification)",
        "Insufficient GRES available in allocation",
      ],
      "Requested GRES option unsupported by configured SelectType plugin",
      ...["Invalid Trackable RESource (TRES) specification", "Invalid job array specification", "Invalid --nice value"],
      ...["Burst Buffer permission denied", "Burst Buffer resource limit exceeded", "Burst Buffer request invalid"],
      "Job --batch option is invalid or not a subset of --constraints",
      "Job --batch option is invalid or not a subset of --constraint",
      "Multiple KNL NUMA and/or MCDRAM constraints require use of a heterogeneous job",
      "Multiple partition job request not supported when a partition is set in the association",
      ...["Cannot request more threads per core than the job allocation", "Invalid extra constraints specification"],
      ...["Environment is missing in job", "Job cannot be submitted without the current working directory specified"],
      ...["Invalid container id specified", "Container support is not configured", "Invalid cluster name"],
      ...[
        "Not a valid federated job",
        "No eligible clusters for federated job",
        "Invalid configuration for external job",
      ],
      "RestrictedCoresPerGPU: Not enough unique cores per GPU",
      "RestrictedCoresPerGPU: Missing core topology for GPUs",
      "RestrictedCoresPerGPU: No GPUs configured on node",
      "Immediate execution impossible, insufficient priority",
      "Immediate execution impossible, resources too fragmented for allocation",
      "Immediate execution impossible. Individual job submission scheduling attempts deferred",
      "Job can not start immediately",
      // The server's answer where a job_submit plugin refused; the plugin's words stand before it.
      "Unspecified error",
    ),
  ],
];
