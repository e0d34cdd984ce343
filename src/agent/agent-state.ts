import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { patchError } from '../errors/patch-error.js';
import { type JsonValue, readCanonicalJson, writeCanonicalJson } from '../levels/canonical-json.js';
import { writeFileAtomically } from '../node/atomic-file.js';
import { withPath } from '../node/storage-error.js';

/** What the agent knows from one run to the next. Every change is a whole file that replaces the former one. */
export interface AgentState {
  readonly schema: 1;
  readonly deviceId: string;
  readonly base: TreeName & { readonly version: string };
  /** Level in use; 0 is the baseline. */
  readonly installed: TreeName & { readonly level: number };
  /** Tree that was in use before, kept for processes that still run from it, and for a quick way back to it. */
  readonly previous: string;
  /** Highest level that was ever accepted: automatic installs never go below. */
  readonly floor: { readonly base: string; readonly level: number; readonly treeDigest: string };
  /** Newest manifest that was accepted, and the root it was signed under. */
  readonly manifest: { readonly sequence: number; readonly rootVersion: number; readonly published: string };
  readonly quarantine: readonly QuarantinedLevel[];
  /** Level that was removed on purpose; automatic installs offer only higher ones. 0 is none. */
  readonly removedLevel: number;
  readonly automatic: boolean;
  readonly lastCheck: CheckRecord | null;
}

/** A folder under `versions/`. */
export interface TreeName {
  readonly tree: string;
  readonly treeDigest: string;
}

/** A level that failed its health check; not installed again unless it is asked for by name. */
export interface QuarantinedLevel {
  readonly base: string;
  readonly level: number;
  readonly treeDigest: string;
  readonly reason: string;
}

export interface CheckRecord {
  readonly time: string;
  readonly code: string;
  readonly message: string;
}

/** An operation that has begun to change what is in use. Gone when there is none. */
export interface Journal {
  readonly operation: 'install' | 'remove';
  readonly level: number;
  readonly from: TreeName & { readonly level: number };
  readonly to: TreeName & { readonly level: number };
  /** `switching`: the link may show either tree. `checking`: it shows the new one, whose health is not known. `back`: not healthy, on the way back. */
  readonly phase: 'switching' | 'checking' | 'back';
  /** Why it goes back; empty otherwise. */
  readonly why: string;
  /** Health checks that began. */
  readonly checks: number;
}

const STATE = 'state.json';
const JOURNAL = 'journal.json';

export function newState(base: TreeName & { readonly version: string }, automatic: boolean): AgentState {
  const { tree, treeDigest, version } = base;
  return {
    schema: 1,
    deviceId: randomBytes(16).toString('hex'),
    base,
    installed: { level: 0, tree, treeDigest },
    previous: '',
    floor: { base: version, level: 0, treeDigest },
    manifest: { sequence: 0, rootVersion: 0, published: '' },
    quarantine: [],
    removedLevel: 0,
    automatic,
    lastCheck: null,
  };
}

/** The state; undefined before a baseline was adopted. Throws StorageError, FormatError(BAD_MANIFEST). */
export function readState(folder: string): AgentState | undefined {
  const state = readFile(folder, STATE) as unknown as AgentState | undefined;
  if (state === undefined) return undefined;
  if (state.schema === 1 && typeof state.installed?.tree === 'string' && typeof state.base?.tree === 'string')
    return state;
  throw patchError('BAD_MANIFEST', 'agent', `${join(folder, STATE)} is of another version`, { path: folder });
}

export function writeState(folder: string, state: AgentState): void {
  writeFile(folder, STATE, state);
}

export function readJournal(folder: string): Journal | undefined {
  return readFile(folder, JOURNAL) as unknown as Journal | undefined;
}

export function writeJournal(folder: string, journal: Journal): void {
  writeFile(folder, JOURNAL, journal);
}

export const journalPath = (folder: string) => join(folder, JOURNAL);

function readFile(folder: string, name: string): JsonValue | undefined {
  const path = join(folder, name);
  if (!existsSync(path)) return undefined;
  return readCanonicalJson(
    withPath(path, 'READ_FAILED', () => new Uint8Array(readFileSync(path))),
    path,
  );
}

function writeFile(folder: string, name: string, value: AgentState | Journal): void {
  writeFileAtomically(join(folder, name), writeCanonicalJson(value as unknown as JsonValue), true);
}
