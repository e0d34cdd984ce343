import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { equalBytes } from '../bytes/equal-bytes.js';
import { toHex } from '../bytes/hex.js';
import { sha256 } from '../digest/digest.js';
import { PatchError, patchError } from '../errors/patch-error.js';
import type { RepositoryObject } from '../levels/level-manifest.js';
import { writeFileAtomically } from '../node/atomic-file.js';
import { withPath } from '../node/storage-error.js';
import { failed, type HttpLink } from './http-link.js';
import { assertSoundRoot } from './sound-root.js';
import { bodyPieces, DEFAULT_PATIENCE, type Patience, withPatience } from './watched-body.js';

/**
 * The signed repository as a device sees it. `tuf-js` walks the chain of The Update Framework: root by root from the one the device was shipped
 * with, then timestamp, snapshot, targets. It works in a folder of its own; what it found to hold is put into the device's metadata folder
 * file by file, each whole, so that a crash never leaves the device without trust. Two things are added here: roots whose keys are not what their ids
 * say are refused (one key under two ids would count twice for a threshold), and time never runs behind what was signed.
 */
const KEPT = ['root.json', 'timestamp.json', 'snapshot.json', 'targets.json'] as const;

export interface TrustedSet {
  readonly rootVersion: number;
  /** What the signed targets metadata says of a path. */
  target(path: string): RepositoryObject | undefined;
  /** Address of a target's file. */
  urlOf(path: string, object: RepositoryObject): string;
}

export interface RepositoryOptions {
  readonly link: HttpLink;
  /** Folder in which trusted metadata is kept. */
  readonly folder: string;
  /** Root metadata that the device was shipped with. */
  readonly trustedRoot: Uint8Array;
  readonly patience?: Patience | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Brings the trusted metadata up to date and answers it.
 *
 * @throws SignatureError METADATA_NOT_TRUSTED, ROLLBACK · PolicyError STALE · StorageError DOWNLOAD_FAILED · `signal.reason`
 */
export async function refreshRepository(options: RepositoryOptions): Promise<TrustedSet> {
  const { folder, trustedRoot, link, signal } = options;
  const { Updater } = await loadTufReader();
  const { DownloadHTTPError } = await loadTufErrors();
  withPath(folder, 'WRITE_FAILED', () => mkdirSync(folder, { recursive: true }));
  const work = withPath(folder, 'WRITE_FAILED', () => mkdtempSync(join(folder, 'work-')));
  try {
    copyKnown(folder, work, trustedRoot);
    const fetcher = new LimitedFetcher(options, (message, status) => new DownloadHTTPError(message, status));
    const updater = makeUpdater(() => {
      return new Updater({
        metadataDir: work,
        metadataBaseUrl: link.urlOf('metadata').replace(/\/$/, ''),
        targetBaseUrl: link.urlOf('targets').replace(/\/$/, ''),
        fetcher,
        config: { maxRootRotations: 1024 },
      });
    });
    try {
      await updater.refresh();
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      throw explain(error, fetcher.failure);
    } finally {
      keepTrusted(work, folder);
    }
    return readSet(folder, link);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Bytes of a small target, checked against what was signed. */
export async function fetchTarget(
  set: TrustedSet,
  path: string,
  object: RepositoryObject,
  options: Pick<RepositoryOptions, 'link' | 'patience' | 'signal'>,
): Promise<Uint8Array> {
  const url = set.urlOf(path, object);
  const { status, bytes } = await fetchLimited(options, url, object.size);
  if (status !== 200) throw failed(`${url} answered with status ${status}`, { url, status }, status >= 500);
  if (bytes.length === object.size && toHex(sha256(bytes)) === object.sha256) return bytes;
  throw patchError('OBJECT_MISMATCH', 'agent', `${url} is not what was signed`, { url });
}

/** Ends of the metadata that is kept, by role, in milliseconds. */
export function readExpiries(folder: string): number[] {
  return KEPT.map((name) => Date.parse(readDocument(folder, name).signed.expires));
}

function copyKnown(folder: string, work: string, trustedRoot: Uint8Array): void {
  for (const name of KEPT) {
    const path = join(folder, name);
    if (existsSync(path))
      withPath(path, 'READ_FAILED', () => writeFileSync(join(work, name), readFileSync(path)));
  }
  const root = join(work, 'root.json');
  // A kept root is newer than the shipped one, or damaged: then trust begins again where it was laid.
  if (!existsSync(root) || !isDocument(root)) writeFileSync(root, trustedRoot);
  assertSoundRoot(new Uint8Array(readFileSync(root)));
}

function isDocument(path: string): boolean {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).signed._type === 'root';
  } catch {
    return false;
  }
}

/** Puts what the updater found to hold into its place, also when a later step failed. */
function keepTrusted(work: string, folder: string): void {
  for (const name of KEPT) {
    const [from, to] = [join(work, name), join(folder, name)];
    if (!existsSync(from)) continue;
    const bytes = new Uint8Array(readFileSync(from));
    if (existsSync(to) && equalBytes(new Uint8Array(readFileSync(to)), bytes)) continue;
    writeFileAtomically(to, bytes, true);
  }
}

function readSet(folder: string, link: HttpLink): TrustedSet {
  const { targets } = readDocument(folder, 'targets.json').signed;
  return {
    rootVersion: readDocument(folder, 'root.json').signed.version,
    target(path) {
      const found = Object.hasOwn(targets, path) ? targets[path] : undefined;
      const digest = found?.hashes.sha256;
      if (found === undefined || digest === undefined) return undefined;
      return { size: found.length, sha256: digest };
    },
    urlOf(path, { sha256: digest }) {
      const at = path.lastIndexOf('/') + 1;
      return link.urlOf(`targets/${path.slice(0, at)}${digest}.${path.slice(at)}`);
    },
  };
}

interface Document {
  readonly signed: {
    readonly version: number;
    readonly expires: string;
    readonly targets: Readonly<
      Record<string, { readonly length: number; readonly hashes: Readonly<Record<string, string>> }>
    >;
  };
}

function readDocument(folder: string, name: string): Document {
  const path = join(folder, name);
  return JSON.parse(withPath(path, 'READ_FAILED', () => readFileSync(path, 'utf8'))) as Document;
}

/** What `tuf-js` asks for: bytes of a file, at most so many. */
class LimitedFetcher {
  /** The failure of a download, which the updater wraps beyond recognition. */
  failure: unknown;
  private readonly options: Pick<RepositoryOptions, 'link' | 'patience' | 'signal'>;
  private readonly httpError: (message: string, status: number) => Error;

  constructor(
    options: Pick<RepositoryOptions, 'link' | 'patience' | 'signal'>,
    httpError: (message: string, status: number) => Error,
  ) {
    this.options = options;
    this.httpError = httpError;
  }

  async downloadBytes(url: string, maxLength: number): Promise<Buffer> {
    const isRoot = /\/\d+\.root\.json$/.test(url);
    try {
      const { status, bytes } = await fetchLimited(this.options, url, maxLength);
      // No further root is the usual end of the chain.
      if (isRoot && (status === 404 || status === 403)) throw this.httpError(`status ${status}`, status);
      if (status !== 200)
        throw failed(`${url} answered with status ${status}`, { url, status }, status >= 500);
      if (isRoot) assertSoundRoot(bytes);
      return Buffer.from(bytes);
    } catch (error) {
      if (error instanceof PatchError) this.failure = error;
      throw error;
    }
  }

  async downloadFile<Result>(): Promise<Result> {
    throw new TypeError('targets are downloaded by downloadObject');
  }
}

async function fetchLimited(
  { link, patience = DEFAULT_PATIENCE, signal }: Pick<RepositoryOptions, 'link' | 'patience' | 'signal'>,
  url: string,
  limit: number,
): Promise<{ status: number; bytes: Uint8Array }> {
  return withPatience(url, patience, signal, async (inner, onBytes) => {
    const response = await link.get(url, {}, inner);
    if (response.status !== 200) {
      await response.body?.cancel().catch(() => {});
      return { status: response.status, bytes: new Uint8Array(0) };
    }
    const pieces: Uint8Array[] = [];
    let size = 0;
    for await (const piece of bodyPieces(url, response)) {
      onBytes(piece.length);
      size += piece.length;
      if (size > limit)
        throw patchError('OBJECT_MISMATCH', 'agent', `${url} has more than ${limit} bytes`, { url });
      pieces.push(piece);
    }
    return { status: 200, bytes: new Uint8Array(Buffer.concat(pieces)) };
  });
}

function makeUpdater<Result>(make: () => Result): Result {
  try {
    return make();
  } catch (cause) {
    throw patchError(
      'METADATA_NOT_TRUSTED',
      'agent',
      `the trusted root is none: ${(cause as Error).message}`,
      {},
      cause,
    );
  }
}

/** The updater's error as one of ours. Its classes have no names of their own, and it wraps some in text. */
function explain(error: unknown, failure: unknown): unknown {
  if (failure !== undefined) return failure;
  const { message } = error as Error;
  const kind = (error as Error).constructor.name;
  if (/expired/i.test(message))
    return patchError('STALE', 'agent', `the repository's metadata is out of date: ${message}`, {}, error);
  if (kind === 'BadVersionError' || /less than current version/.test(message))
    return patchError('ROLLBACK', 'agent', `the repository went back: ${message}`, {}, error);
  return patchError(
    'METADATA_NOT_TRUSTED',
    'agent',
    `the repository's metadata does not hold: ${message}`,
    {},
    error,
  );
}

async function loadTufReader() {
  try {
    return await import('tuf-js');
  } catch (cause) {
    throw patchError(
      'REFUSED',
      'agent',
      'the agent needs the package tuf-js: npm install tuf-js@4.1.0',
      {},
      cause,
    );
  }
}

async function loadTufErrors() {
  return import('tuf-js/dist/error.js');
}
