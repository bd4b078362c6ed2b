/** The names of the backends, as plain data: the command line shows them without loading any backend. */

export interface NamedBackend {
  /** The name on the command line and in the journal. */
  readonly name: string;
  readonly aliases: readonly string[];
  /** The name in sentences. */
  readonly title: string;
  /** Whether jobs outlive the program, in the queue of a scheduler. */
  readonly queues: boolean;
}

export const BACKENDS = [
  { name: "slurm", aliases: [], title: "Slurm", queues: true },
  { name: "gridengine", aliases: ["sge"], title: "Grid Engine", queues: true },
  { name: "dummy", aliases: [], title: "this machine", queues: false },
] as const satisfies readonly NamedBackend[];

export type BackendName = (typeof BACKENDS)[number]["name"];

export const DEFAULT_BACKEND: BackendName = "slurm";

/** The backend with that name or alias. */
export const backendNamed = (word: string): (NamedBackend & { readonly name: BackendName }) | undefined =>
  BACKENDS.find(({ name, aliases }: NamedBackend) => name === word || aliases.includes(word));

/** The name that the journal gives to the simulation. */
export const SIMULATED = "simulated";

/** Whether a backend of this program has that name or alias: a module must have another one. */
export const isNameTaken = (name: string): boolean => name === SIMULATED || backendNamed(name) !== undefined;
