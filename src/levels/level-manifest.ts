import { VERSION_PATTERN } from './base-version.js';
import { type JsonValue, readCanonicalJson, writeCanonicalJson } from './canonical-json.js';
import { FieldReader } from './field-reader.js';

/**
 * The level manifest: all bases of one product for one platform and architecture, and the improvement levels of each. It is a target of the signed
 * repository, so nothing in it is believed before the signatures hold; docs/LEVELS.md has the table of its fields.
 */
export interface LevelManifest extends ProductName {
  /** Rises with each manifest of this product; a device never goes back. */
  readonly sequence: number;
  /** When it was made, and from when on a device takes it as stale. */
  readonly published: string;
  readonly expires: string;
  /** Levels are for this base and later ones. */
  readonly minimumBase: string;
  readonly bases: readonly BaseRelease[];
}

/** What the levels are for. A device compares all three with its own. */
export interface ProductName {
  readonly product: string;
  readonly platform: string;
  readonly architecture: string;
}

/** A base as it was shipped; its levels are deltas from here, and removing a level comes back to here. */
export interface BaseRelease {
  readonly version: string;
  readonly treeDigest: string;
  readonly treeSize: number;
  /** Ascending; numbers may be left out. */
  readonly levels: readonly Level[];
}

export const SEVERITIES = ['low', 'moderate', 'high', 'critical'] as const;
/** Of the worst hole that a level closes. */
export type Severity = (typeof SEVERITIES)[number];

/** A level over a base, as a manifest offers it. Digests in hexadecimal, sizes in bytes. */
export interface Level {
  readonly level: number;
  readonly treeDigest: string;
  readonly treeSize: number;
  /** A withdrawn level is offered to nobody; the reason is for people, and empty otherwise. */
  readonly withdrawn: boolean;
  readonly withdrawnReason: string;
  readonly rollout: { readonly percent: number; readonly salt: string };
  readonly severity: Severity;
  readonly advisories: readonly Advisory[];
  /** The level alone, for a device on which no delta works. */
  readonly full: RepositoryObject;
  /** Deltas that are smaller than the full form: from the baseline (`from` 0), perhaps from the level before. */
  readonly deltas: readonly LevelDelta[];
}

/** A hole that the level closes. */
export interface Advisory {
  /** For instance a CVE. */
  readonly id: string;
  /** For instance WebKit. */
  readonly component: string;
}

/** A file of the repository, named by its content. */
export interface RepositoryObject {
  readonly size: number;
  readonly sha256: string;
}

export interface LevelDelta extends RepositoryObject {
  readonly from: number;
}

const MANIFEST_SCHEMA = 1;
/** Limits of a manifest; a reader refuses more. */
const MANIFEST_LIMITS = {
  bytes: 4 << 20,
  bases: 256,
  levels: 702,
  deltas: 8,
  advisories: 64,
} as const;

export const NAME_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$/;
const DIGEST_PATTERN = /^[0-9a-f]{64}$/;
/** UTC with seconds, the one spelling that is taken. */
const TIME_PATTERN = /^\d{4}-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-5]\dZ$/;
const LINE_PATTERN = /^[^\p{Cc}\p{Cf}]{0,200}$/u;

/** Path of a manifest among the repository's targets. */
export function manifestPath({ product, platform, architecture }: ProductName): string {
  return `levels/${product}/${platform}/${architecture}.json`;
}

/** Path of a file that is named by its content among the repository's targets. */
export function objectPath({ sha256 }: RepositoryObject): string {
  return `objects/${sha256.slice(0, 2)}/${sha256}`;
}

/** The time as documents spell it. */
export function timeText(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
}

/** Canonical bytes of a manifest, checked as a reader checks them. */
export function writeLevelManifest(manifest: LevelManifest): Uint8Array<ArrayBuffer> {
  const document = { schema: MANIFEST_SCHEMA, ...manifest } as unknown as JsonValue;
  const bytes = writeCanonicalJson(document);
  readLevelManifest(bytes);
  return bytes;
}

/** Reads a manifest. Throws FormatError(BAD_MANIFEST) for anything that is not exactly as the schema says. */
export function readLevelManifest(bytes: Uint8Array): LevelManifest {
  const fields = new FieldReader(readCanonicalJson(bytes, 'the level manifest'), 'manifest');
  if (bytes.length > MANIFEST_LIMITS.bytes)
    fields.fail('size', `at most ${MANIFEST_LIMITS.bytes} bytes`, bytes.length);
  fields.integer('schema', MANIFEST_SCHEMA, MANIFEST_SCHEMA);
  const manifest: LevelManifest = {
    product: fields.text('product', NAME_PATTERN, 'a name'),
    platform: fields.text('platform', NAME_PATTERN, 'a name'),
    architecture: fields.text('architecture', NAME_PATTERN, 'a name'),
    sequence: fields.integer('sequence', 1),
    published: readTime(fields, 'published'),
    expires: readTime(fields, 'expires'),
    minimumBase: fields.text('minimumBase', VERSION_PATTERN, 'a version'),
    bases: fields.list('bases', MANIFEST_LIMITS.bases, readBase),
  };
  fields.done();
  assertUnique(
    fields,
    'bases',
    manifest.bases.map(({ version }) => version),
  );
  assertUnique(
    fields,
    'bases',
    manifest.bases.map(({ treeDigest }) => treeDigest),
  );
  return manifest;
}

function readBase(fields: FieldReader): BaseRelease {
  const base: BaseRelease = {
    version: fields.text('version', VERSION_PATTERN, 'a version'),
    ...readTree(fields),
    levels: fields.list('levels', MANIFEST_LIMITS.levels, readLevel),
  };
  base.levels.forEach(({ level, deltas }, i) => {
    const before = base.levels[i - 1]?.level ?? 0;
    if (level <= before) fields.fail('levels', 'ascending levels', level);
    if (deltas.some(({ from }) => from >= level)) fields.fail('levels', 'deltas from lower levels', level);
  });
  return base;
}

function readLevel(fields: FieldReader): Level {
  const level: Level = {
    level: fields.integer('level', 1, 1_000_000),
    ...readTree(fields),
    withdrawn: fields.flag('withdrawn'),
    withdrawnReason: fields.text('withdrawnReason', LINE_PATTERN, 'one line of text'),
    rollout: readRollout(fields.object('rollout')),
    severity: fields.choice('severity', SEVERITIES),
    advisories: fields.list('advisories', MANIFEST_LIMITS.advisories, (item) => ({
      id: item.text('id', LINE_PATTERN, 'one line of text'),
      component: item.text('component', LINE_PATTERN, 'one line of text'),
    })),
    full: readObject(fields.object('full'), true),
    deltas: fields.list('deltas', MANIFEST_LIMITS.deltas, (item) => ({
      from: item.integer('from', 0, 1_000_000),
      ...readObject(item, false),
    })),
  };
  assertUnique(
    fields,
    'deltas',
    level.deltas.map(({ from }) => `${from}`),
  );
  return level;
}

function readTree(fields: FieldReader) {
  return {
    treeDigest: fields.text('treeDigest', DIGEST_PATTERN, 'a SHA-256 in lower case'),
    treeSize: fields.integer('treeSize', 0),
  };
}

function readRollout(fields: FieldReader) {
  const rollout = {
    percent: fields.integer('percent', 0, 100),
    salt: fields.text('salt', NAME_PATTERN, 'a name'),
  };
  fields.done();
  return rollout;
}

function readObject(fields: FieldReader, alone: boolean): RepositoryObject {
  const object = {
    size: fields.integer('size', 1),
    sha256: fields.text('sha256', DIGEST_PATTERN, 'a SHA-256 in lower case'),
  };
  if (alone) fields.done();
  return object;
}

function readTime(fields: FieldReader, name: string): string {
  const text = fields.text(name, TIME_PATTERN, 'a time such as 2026-03-17T09:00:00Z');
  const time = Date.parse(text);
  if (Number.isNaN(time) || timeText(time) !== text) fields.fail(name, 'a time that exists', text);
  return text;
}

function assertUnique(fields: FieldReader, name: string, keys: readonly string[]): void {
  const repeated = keys.find((key, i) => keys.indexOf(key) !== i);
  if (repeated !== undefined) fields.fail(name, 'no entry twice', repeated);
}
