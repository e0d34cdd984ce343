import type { Crew, CrewJob, CrewResults } from '../diff/crew.js';
import type { ImageSources } from '../diff/loaded-images.js';
import type { KernelOptions } from '../kernels/kernel-instance.js';
import type { CompiledModule } from '../kernels/load-module.js';
import { type SharedSource, shareSource } from './shared-source.js';

type WorkerThreads = typeof import('node:worker_threads');

/** A crew whose threads wait for work until it is dismissed. */
export interface HiredCrew extends Crew {
  dismiss(): void;
}

/** What a thread begins with. */
export interface CrewData {
  readonly options: KernelOptions;
  /** Compiled once: what the engine makes of hot loops serves all threads. */
  readonly kernels: CompiledModule;
  readonly old: SharedSource;
  readonly next: SharedSource;
}

/** What is posted to a thread, and what it answers. */
export interface CrewOrder {
  readonly id: number;
  readonly job: CrewJob;
}
export type CrewAnswer =
  | { readonly id: number; readonly result: CrewResults[CrewJob['kind']] }
  | { readonly id: number; readonly reason: string };

/** A thread was lost or could not do its job; the work has to be done without a crew. */
export class CrewError extends Error {
  override readonly name = 'CrewError';
}

/**
 * Threads of Node beside the caller's, `size` of them; undefined where there are none to be had: in other engines, and where this
 * package was bundled, so that the thread's file does not stand beside this one.
 */
export function hireCrew(
  size: number,
  { old, next }: ImageSources,
  options: KernelOptions,
  compile: (options: KernelOptions) => CompiledModule,
): HiredCrew | undefined {
  const threads = workerThreads();
  const file = memberFile();
  if (size < 1 || threads === undefined || file === undefined) return undefined;
  const { simd, memoryLimit } = options;
  const data: CrewData = {
    options: { simd, memoryLimit },
    kernels: compile(options),
    old: shareSource(old),
    next: shareSource(next),
  };
  const members = Array.from({ length: size }, () => new Member(threads, file, data));
  return {
    size,
    post: (thread, job) => members[thread]!.post(job) as Promise<never>,
    dismiss: () => {
      for (const member of members) member.dismiss();
    },
  };
}

/** Asked for at run time and never imported, so that bundlers for browsers find no module to resolve. */
function workerThreads(): WorkerThreads | undefined {
  return globalThis.process?.getBuiltinModule?.('node:worker_threads');
}

/** The file that a thread runs, where this module is the package's own file. */
function memberFile(): URL | undefined {
  const { url } = import.meta;
  return url.startsWith('file:') && url.endsWith('/threads/thread-crew.js')
    ? new URL('./crew-thread.js', url)
    : undefined;
}

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** One thread. */
class Member {
  private readonly worker: InstanceType<WorkerThreads['Worker']>;
  private readonly waiting = new Map<number, Waiting>();
  private nextId = 0;
  private lost: CrewError | undefined;

  constructor(threads: WorkerThreads, file: URL, workerData: CrewData) {
    this.worker = new threads.Worker(file, { workerData });
    this.worker.on('message', (answer: CrewAnswer) => {
      const waiting = this.waiting.get(answer.id);
      this.waiting.delete(answer.id);
      if ('result' in answer) waiting?.resolve(answer.result);
      else waiting?.reject(new CrewError(answer.reason));
    });
    this.worker.on('error', (error) => this.lose(error.message));
    this.worker.on('exit', () => this.lose('the thread has ended'));
  }

  post(job: CrewJob): Promise<unknown> {
    if (this.lost !== undefined) return Promise.reject(this.lost);
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.worker.postMessage({ id, job } satisfies CrewOrder);
    });
  }

  dismiss(): void {
    this.lose('the crew was dismissed');
    void this.worker.terminate();
  }

  private lose(reason: string): void {
    this.lost ??= new CrewError(reason);
    for (const { reject } of this.waiting.values()) reject(this.lost);
    this.waiting.clear();
  }
}
