/**
 * What a micro-benchmark is. A file `<kernel>.bench.ts` in this folder exports `cases: MicroCase[]` and, where the
 * first pass of fresh code matters, `coldCases: ColdCase[]`; run.ts and cross-check.ts find it by its name.
 */

/** Something ready to be timed. */
export interface MicroRun {
  /** The work: `bytes` bytes of it, the same each time. */
  run(): void;
  /** What the last run computed, as text: the cases of a group must agree, else nothing is measured. */
  result(): string;
}

export interface MicroCase {
  /** Cases of one group do the same work and are compared. */
  readonly group: string;
  readonly name: string;
  readonly bytes: number;
  /** Sets up what is timed; takes no part in the time. */
  start(): MicroRun | Promise<MicroRun>;
}

export interface ColdCase {
  readonly name: string;
  readonly bytes: number;
  /** Sets up a run whose machine code the engine has never made; see fresh-kernels.ts. */
  start(): MicroRun;
}

/** What a `<kernel>.bench.ts` exports. */
export interface MicroBenchFile {
  readonly cases: readonly MicroCase[];
  readonly coldCases?: readonly ColdCase[];
}
