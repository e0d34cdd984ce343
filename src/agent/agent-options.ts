import type { ProductName, Severity } from '../levels/level-manifest.js';
import type { TreeApplier } from '../levels/tree-port.js';
import type { QuarantinedLevel } from './agent-state.js';
import type { Reason } from './choose-level.js';
import type { DownloadOptions } from './download-object.js';
import type { HealthCheck } from './health-check.js';
import type { HttpPort } from './http-link.js';
import type { Patience } from './watched-body.js';

/** An agent: one product of one device. */
export interface AgentOptions extends ProductName {
  /** Folder of the agent; `current` in it leads to the framework folder in use. */
  readonly folder: string;
  /** Address of the repository. */
  readonly repository: string;
  /** Root metadata that the device is shipped with. */
  readonly trustedRoot: Uint8Array;
  readonly healthCheck?: HealthCheck | undefined;
  /** Milliseconds after which a health check has failed. Default: 60,000. */
  readonly healthTimeout?: number | undefined;
  /** What the administrator forbids. */
  readonly locks?:
    | { readonly install?: boolean | undefined; readonly remove?: boolean | undefined }
    | undefined;
  /** Default of the automatic installation where nobody chose. Default: true. */
  readonly automatic?: boolean | undefined;
  /** Largest object to download, in bytes. Default: 2 GiB. */
  readonly maxDownload?: number | undefined;
  /** Largest framework folder to make, in bytes. Default: 64 GiB. */
  readonly maxTreeSize?: number | undefined;
  readonly onEvent?: ((event: AgentEvent) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Sent to the repository's origin only. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly http?: HttpPort | undefined;
  readonly patience?: Patience | undefined;
  readonly download?: Pick<DownloadOptions, 'attempts' | 'pause'> | undefined;
  readonly trees?: TreeApplier | undefined;
  /** Milliseconds since 1970; default: the system's clock. */
  readonly now?: (() => number) | undefined;
}

/** What happens, as it happens. A handler that throws is ignored. */
export type AgentEvent =
  | { readonly type: 'step'; readonly name: string }
  | { readonly type: 'checked'; readonly reason: Reason; readonly message: string }
  | { readonly type: 'download'; readonly done: number; readonly total: number }
  | { readonly type: 'path-failed'; readonly path: string; readonly code: string; readonly message: string }
  | { readonly type: 'installed'; readonly level: number; readonly display: string; readonly path: string }
  | { readonly type: 'removed'; readonly level: number; readonly display: string }
  | { readonly type: 'rolled-back'; readonly level: number; readonly message: string }
  | { readonly type: 'recovered'; readonly message: string }
  | { readonly type: 'failed'; readonly code: string; readonly message: string; readonly retryIn: number };

/** Answers to: is it enabled? is it current? why not? */
export interface AgentStatus extends ProductName {
  readonly base: string;
  readonly level: number;
  /** For people, for instance "26.3.1 (a)". */
  readonly display: string;
  /** Folder in use. */
  readonly current: string;
  readonly automatic: boolean;
  readonly locks: { readonly install: boolean; readonly remove: boolean };
  /** Whether the device has what it should have; null while that is not known. */
  readonly isCurrent: boolean | null;
  /** Outcome of the last check: a reason, a status name, or `never-checked`. */
  readonly why: string;
  readonly message: string;
  readonly lastCheck: string | null;
  readonly floor: number;
  readonly removedLevel: number;
  readonly quarantine: readonly QuarantinedLevel[];
  /** An operation that was interrupted and goes on at the next run. */
  readonly pending: string | null;
}

/** A level that may be installed here. */
export interface OfferedLevel {
  readonly level: number;
  readonly display: string;
  readonly severity: Severity;
  readonly advisories: readonly { readonly id: string; readonly component: string }[];
  /** Bytes of the smallest object that would do here. */
  readonly size: number;
}

/** What `check` found. */
export interface CheckReport {
  readonly reason: Reason;
  readonly message: string;
  readonly offered: OfferedLevel | null;
  /** The level in use was withdrawn by its publisher. */
  readonly installedWithdrawn: boolean;
}

/** What `install` did, and why not where it did nothing. */
export interface InstallReport {
  readonly installed: boolean;
  readonly reason: Reason;
  readonly message: string;
  readonly level: number;
  readonly display: string;
  /** How it came: `kept` (it was here already), `full`, or `delta from N`. Empty when nothing was installed. */
  readonly path: string;
  readonly downloaded: number;
  /** Paths that were tried before, and why they failed. */
  readonly failures: readonly { readonly path: string; readonly code: string; readonly message: string }[];
}
