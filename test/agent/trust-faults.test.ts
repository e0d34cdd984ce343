import { chmodSync, mkdirSync, readFileSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Metadata, MetadataKind, Signature } from '@tufjs/models';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Agent } from '../../src/agent/agent.js';
import { readState, writeState } from '../../src/agent/agent-state.js';
import { assertSoundRoot } from '../../src/agent/sound-root.js';
import { toHex } from '../../src/bytes/hex.js';
import { type LevelManifest, manifestPath, writeLevelManifest } from '../../src/levels/level-manifest.js';
import { tufKey, tufKeyId } from '../../src/levels/tuf-key.js';
import { readManifest } from '../../src/publisher/level-index.js';
import { setRollout, withdrawLevel } from '../../src/publisher/publish-levels.js';
import { DEFAULT_LIFETIMES, sameSignersForAll } from '../../src/publisher/repository-keys.js';
import { TufRepository } from '../../src/publisher/tuf-repository.js';
import { createKeySigner, generateKeyPair } from '../../src/signature/ed25519.js';
import { BASE, LevelWorld, PRODUCT } from '../support/level-world.js';

/** Faults 29 to 37: who may say what, and what must never be forgotten. The number stands in the name of each test. */

let world: LevelWorld;
afterEach(async () => {
  vi.useRealTimers();
  await world.close();
});

const DAY = 86_400_000;
const refusal = (agent: Agent) =>
  agent.install({ automatic: true }).then(
    () => 'installed',
    ({ code }) => code,
  );
const where = { ...PRODUCT, base: BASE, level: 1 };

/** Publishes a manifest as the keys' holder might, past the publisher's own checks. */
async function publishForged(change: (manifest: LevelManifest) => LevelManifest): Promise<void> {
  const { repository, signers, publication } = world;
  const bytes = writeLevelManifest(change(readManifest(repository, PRODUCT)!));
  const targets = new Map(repository.targets);
  targets.set(manifestPath(PRODUCT), repository.writeTarget(manifestPath(PRODUCT), bytes));
  await repository.publish(targets, signers, DEFAULT_LIFETIMES, publication.now);
}

describe('metadata', () => {
  it.each(['timestamp.json', '2.snapshot.json', '2.targets.json'])(
    '29: one bit changed in %s',
    async (name) => {
      world = await LevelWorld.create([1]);
      const agent = await world.device('d');
      world.server.fault = (request, response, bytes) => {
        if (!request.url!.endsWith(`/${name}`)) return false;
        const changed = new TextDecoder()
          .decode(bytes)
          .replace(/("version":)(\d)/, (_, key, digit) => `${key}${digit ^ 1}`);
        response.writeHead(200).end(changed);
        return true;
      };
      expect(await refusal(agent)).toBe('METADATA_NOT_TRUSTED');
      expect(agent.status()).toMatchObject({ level: 0, isCurrent: null, why: 'METADATA_NOT_TRUSTED' });
      world.server.fault = undefined;
      expect(await refusal(agent)).toBe('installed');
    },
  );

  it.each([
    ['without a signature', (signatures: object[]) => signatures.splice(0)],
    ['with a signature twice', (signatures: object[]) => signatures.push(signatures[0]!)],
    ['by an unknown key', (signatures: object[]) => Object.assign(signatures[0]!, { keyid: '0'.repeat(64) })],
  ])('29: the timestamp %s', async (_name, change) => {
    world = await LevelWorld.create([1]);
    const agent = await world.device('d');
    world.server.fault = (request, response, bytes) => {
      if (!request.url!.endsWith('/timestamp.json')) return false;
      const document = JSON.parse(new TextDecoder().decode(bytes));
      change(document.signatures);
      response.writeHead(200).end(JSON.stringify(document));
      return true;
    };
    expect(await refusal(agent)).toBe('METADATA_NOT_TRUSTED');
  });

  it('29: two of three keys are enough, one is not, and the publisher does not even try', async () => {
    world = new LevelWorld();
    const keys = [1, 2, 3].map(() => createKeySigner(generateKeyPair()));
    const signers = sameSignersForAll(keys, 2);
    const now = Date.now();
    const repository = await TufRepository.create(world.scratch.file('r'), signers, DEFAULT_LIFETIMES, now);
    const two = sameSignersForAll(keys.slice(1), 2);
    await repository.refresh(two, DEFAULT_LIFETIMES, now);
    const one = sameSignersForAll(keys.slice(2), 1);
    await expect(repository.refresh(one, DEFAULT_LIFETIMES, now)).rejects.toMatchObject({ code: 'BAD_KEY' });
    const twice = { signers: [keys[0]!, keys[0]!], threshold: 2 };
    const make = TufRepository.create(
      world.scratch.file('s'),
      { ...signers, root: twice },
      DEFAULT_LIFETIMES,
      now,
    );
    await expect(make).rejects.toMatchObject({ code: 'BAD_KEY' });
  });

  it('29: roots whose threshold means nothing are refused', () => {
    world = new LevelWorld();
    const { bytes } = generateKeyPair();
    const id = tufKeyId(bytes);
    const root = (keys: object, keyids: string[], threshold: number) => {
      const role = { keyids, threshold };
      const roles = { root: role, targets: role, snapshot: role, timestamp: role };
      return new TextEncoder().encode(JSON.stringify({ signed: { _type: 'root', keys, roles } }));
    };
    const other = '1'.repeat(64);
    const cases = [
      root({ [id]: tufKey(bytes) }, [id], 0),
      root({}, [], 1),
      root({ [id]: tufKey(bytes) }, [id, id], 2),
      root({ [id]: tufKey(bytes), [other]: tufKey(bytes) }, [id, other], 2),
      root({ [id]: tufKey(bytes) }, [id], 1.5),
      new TextEncoder().encode('{}'),
      Uint8Array.of(0xff),
    ];
    for (const lie of cases)
      expect(() => assertSoundRoot(lie)).toThrow(expect.objectContaining({ code: 'METADATA_NOT_TRUSTED' }));
    expect(() => assertSoundRoot(root({ [id]: tufKey(bytes) }, [id], 1))).not.toThrow();
  });

  it('30: the verifier decides the algorithm: a root that names another scheme is not signed', async () => {
    world = await LevelWorld.create([1]);
    const document = JSON.parse(readFileSync(join(world.repositoryFolder, 'metadata/1.root.json'), 'utf8'));
    for (const key of Object.values<{ scheme: string; keytype: string }>(document.signed.keys)) {
      key.scheme = 'none';
      key.keytype = 'none';
    }
    const agent = await world.device('d', {
      trustedRoot: new TextEncoder().encode(JSON.stringify(document)),
    });
    expect(await refusal(agent)).toBe('METADATA_NOT_TRUSTED');
  });

  it('31: an older repository, replayed whole, is a rollback', async () => {
    world = await LevelWorld.create([1]);
    const agent = await world.device('d');
    const old = new Map<string, Uint8Array>();
    world.server.fault = (request, _response, bytes) => {
      old.set(request.url!, bytes);
      return false;
    };
    expect(await refusal(agent)).toBe('installed');
    world.server.fault = undefined;
    await world.publish([1, 2]);
    expect(await refusal(agent)).toBe('installed');
    expect(world.seenBy(agent)).toBe('build 2');
    world.server.fault = (request, response) => {
      const bytes = old.get(request.url!);
      if (bytes === undefined || bytes.length === 0) return false;
      response.writeHead(200).end(bytes);
      return true;
    };
    expect(await refusal(agent)).toBe('ROLLBACK');
    expect(world.seenBy(agent)).toBe('build 2');
    expect(agent.status()).toMatchObject({ level: 2, why: 'ROLLBACK' });
  });

  it.each<readonly [string, (manifest: LevelManifest) => LevelManifest]>([
    [
      'the level that is here is missing',
      (m) => ({ ...m, sequence: 9, bases: [{ ...m.bases[0]!, levels: [] }] }),
    ],
    [
      'the same letter has other content',
      (m) => {
        const [base] = m.bases;
        const levels = base!.levels.map((level) => ({ ...level, treeDigest: 'a'.repeat(64) }));
        return { ...m, sequence: 9, bases: [{ ...base!, levels }] };
      },
    ],
    ['the sequence goes back', (m) => ({ ...m, sequence: 1 })],
  ])('31: signed by the right keys, but %s', async (name, change) => {
    world = await LevelWorld.create([1]);
    await setRollout(world.repository, where, 99, world.publication);
    const agent = await world.device('d');
    await agent.install();
    await publishForged(change);
    expect([name, await refusal(agent)]).toEqual([name, 'ROLLBACK']);
    await expect(agent.install({ level: 2 })).rejects.toMatchObject({ code: 'ROLLBACK' });
    expect(world.seenBy(agent)).toBe('build 1');
  });

  it('32, 35: manifests for another product, platform or architecture, and objects of another level', async () => {
    world = await LevelWorld.create([1, 2]);
    for (const field of ['product', 'platform', 'architecture'] as const) {
      const agent = await world.device(`d-${field}`, { [field]: 'other' });
      expect(await refusal(agent)).toBe('WRONG_PRODUCT');
    }
    const agent = await world.device('d');
    await publishForged((m) => ({ ...m, architecture: 'x86_64' }));
    expect(await refusal(agent)).toBe('WRONG_PRODUCT');
    await publishForged((m) => {
      const [first, second] = m.bases[0]!.levels;
      const mixed = { ...second!, full: first!.full, deltas: first!.deltas };
      return { ...m, architecture: 'arm64', bases: [{ ...m.bases[0]!, levels: [first!, mixed] }] };
    });
    expect(await refusal(agent)).toMatch(/^(TREE_MISMATCH|NEW_SIZE_LIMIT)$/);
    expect(world.seenBy(agent)).toBe('build 0');
  });

  it('35: a device with another base', async () => {
    world = await LevelWorld.create([1]);
    const agent = new Agent(world.options('d'));
    await agent.adoptBaseline(world.build(2), '26.3.2');
    expect(await refusal(agent)).toBe('BASE_NOT_PRESENT');
  });
});

describe('time', () => {
  it('33, 14: metadata that ran out is stale: nothing new, nothing taken away, and all is well when it is renewed', async () => {
    world = await LevelWorld.create([1]);
    const agent = await world.device('d');
    await agent.install();
    await world.publish([1, 2]);
    const now = Date.now();
    vi.useFakeTimers({ now: now + 8 * DAY, toFake: ['Date'] });
    expect(await refusal(agent)).toBe('STALE');
    expect(agent.status()).toMatchObject({ level: 1, isCurrent: null, why: 'STALE' });
    expect(world.seenBy(agent)).toBe('build 1');
    await world.repository.refresh(world.signers, DEFAULT_LIFETIMES, Date.now());
    expect(await refusal(agent)).toBe('installed');
  });

  it('14: a clock that goes years ahead and back does no lasting harm', async () => {
    world = await LevelWorld.create([1]);
    const agent = await world.device('d');
    const now = Date.now();
    vi.useFakeTimers({ now: now + 20 * 365 * DAY, toFake: ['Date'] });
    expect(await refusal(agent)).toBe('STALE');
    vi.setSystemTime(now);
    expect(await refusal(agent)).toBe('installed');
  });

  it('14: a clock that goes back does not make old metadata good', async () => {
    world = await LevelWorld.create([1]);
    const agent = await world.device('d');
    // A newest manifest of far ahead was seen; the timestamp that is offered ended before it was made.
    await agent.check();
    const state = readState(agent.options.folder)!;
    const published = new Date(Date.now() + 30 * DAY).toISOString().replace(/\.\d+/, '');
    writeState(agent.options.folder, { ...state, manifest: { ...state.manifest, published } });
    vi.useFakeTimers({ now: Date.now() - 5 * 365 * DAY, toFake: ['Date'] });
    expect(await refusal(agent)).toBe('STALE');
  });

  it('34: versions that were driven up heal by other keys', async () => {
    world = await LevelWorld.create([1]);
    const agent = await world.device('d');
    const signer = world.signers.timestamp.signers[0]!;
    world.server.fault = (request, response, bytes) => {
      if (!request.url!.endsWith('/timestamp.json')) return false;
      const document = JSON.parse(new TextDecoder().decode(bytes));
      document.signed.version = Number.MAX_SAFE_INTEGER;
      const forged = Metadata.fromJSON(MetadataKind.Timestamp, document);
      let message = new Uint8Array(0);
      const keyID = tufKeyId(signer.publicKey);
      forged.sign((each) => {
        message = new Uint8Array(each);
        return new Signature({ keyID, sig: '' });
      });
      forged.signatures[keyID] = new Signature({ keyID, sig: toHex(signer.sign(message) as Uint8Array) });
      response.writeHead(200).end(JSON.stringify(forged.toJSON()));
      return true;
    };
    expect(await refusal(agent)).toBe('installed');
    world.server.fault = undefined;
    expect(await refusal(agent)).toBe('ROLLBACK');
    const next = sameSignersForAll([createKeySigner(generateKeyPair())], 1);
    await world.repository.rotate(next, world.signers.root.signers, DEFAULT_LIFETIMES, Date.now());
    expect(await agent.install({ automatic: true })).toMatchObject({ reason: 'current' });
    expect(agent.status().isCurrent).toBe(true);
  });
});

describe('offers', () => {
  it('withdrawn levels are offered to nobody and stay where they are', async () => {
    world = await LevelWorld.create([1]);
    const [has, lacks] = [await world.device('has'), await world.device('lacks')];
    await has.install();
    await withdrawLevel(world.repository, where, 'sites refused it', world.publication);
    expect(await lacks.install()).toMatchObject({ installed: false, reason: 'withdrawn' });
    expect(await has.check()).toMatchObject({ reason: 'installed-withdrawn', installedWithdrawn: true });
    expect(has.status()).toMatchObject({ level: 1, isCurrent: false, why: 'installed-withdrawn' });
    // A letter is skipped: (c) follows (a).
    await world.publish([1, { level: 3, path: world.build(2) }]);
    expect(await has.install({ automatic: true })).toMatchObject({ display: '26.3.1 (c)' });
    expect(world.seenBy(has)).toBe('build 2');
  });

  it('a rollout holds back who is not asked, not who asks; a minimum base holds back everybody', async () => {
    world = await LevelWorld.create([1]);
    await setRollout(world.repository, where, 0, world.publication);
    const agent = await world.device('d');
    expect(await agent.install({ automatic: true })).toMatchObject({ reason: 'not-in-rollout' });
    expect(agent.status().isCurrent).toBe(false);
    expect(await agent.install()).toMatchObject({ installed: true });
    await agent.remove();
    await world.publish([1], { minimumBase: '26.4' });
    expect(await agent.install()).toMatchObject({ reason: 'base-too-old' });
  });

  it('a lower level comes only by the owner’s word, and the floor stays', async () => {
    world = await LevelWorld.create([1, 2]);
    const agent = await world.device('d');
    await agent.install();
    expect(agent.status().level).toBe(2);
    await expect(agent.install({ level: 1 })).rejects.toMatchObject({ code: 'ROLLBACK' });
    expect(await agent.install({ level: 1, allowLower: true })).toMatchObject({ level: 1 });
    expect(agent.status()).toMatchObject({ level: 1, floor: 2 });
    await expect(agent.install({ level: 7 })).rejects.toMatchObject({ code: 'REFUSED' });
  });
});

describe('the agent’s folder', () => {
  it.skipIf(process.getuid?.() === undefined)(
    '37: a link, and a folder that others may write to, are refused',
    async () => {
      world = await LevelWorld.create([1]);
      mkdirSync(world.scratch.file('real'));
      symlinkSync('real', world.scratch.file('link'));
      expect(await world.device('link').catch(({ code }) => code)).toBe('UNSAFE_FOLDER');
      mkdirSync(world.scratch.file('open'));
      chmodSync(world.scratch.file('open'), 0o777);
      expect(await world.device('open').catch(({ code }) => code)).toBe('UNSAFE_FOLDER');
      const agent = await world.device('d');
      const part = join(agent.options.folder, 'downloads');
      chmodSync(part, 0o777);
      expect(await refusal(agent)).toBe('UNSAFE_FOLDER');
    },
  );

  it('36: a link where a download goes is not followed', async () => {
    world = await LevelWorld.create([1]);
    const agent = await world.device('d');
    const { sha256 } = readManifest(world.repository, PRODUCT)!.bases[0]!.levels[0]!.deltas[0]!;
    const victim = world.scratch.file('victim');
    writeFileSync(victim, 'untouched');
    symlinkSync(victim, join(agent.options.folder, 'downloads', `${sha256}.part`));
    expect(await agent.install()).toMatchObject({ path: 'full', failures: [{ code: 'WRITE_FAILED' }] });
    expect(readFileSync(victim, 'utf8')).toBe('untouched');
    unlinkSync(join(agent.options.folder, 'downloads', `${sha256}.part`));
  });

  it('9, 12: a baseline that rotted gives way to the full form, and is no place to go back to', async () => {
    world = await LevelWorld.create([1]);
    const agent = await world.device('d');
    const library = join(agent.options.folder, 'current/Versions/A/Library');
    const bytes = readFileSync(library);
    bytes[100]! ^= 1;
    writeFileSync(library, bytes);
    expect(await agent.install()).toMatchObject({ path: 'full', failures: [{ path: 'delta from 0' }] });
    expect(world.seenBy(agent)).toBe('build 1');
    await expect(agent.remove()).rejects.toMatchObject({ code: 'TREE_MISMATCH' });
    expect(world.seenBy(agent)).toBe('build 1');
  });

  it('metadata that a crash left damaged is fetched again from the root that was shipped', async () => {
    world = await LevelWorld.create([1]);
    const agent = await world.device('d');
    await agent.check();
    for (const name of ['root.json', 'timestamp.json', 'snapshot.json', 'targets.json'])
      writeFileSync(join(agent.options.folder, 'metadata', name), '{"sig');
    expect(await refusal(agent)).toBe('installed');
  });
});
