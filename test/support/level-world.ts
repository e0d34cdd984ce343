import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Agent } from '../../src/agent/agent.js';
import type { AgentEvent, AgentOptions } from '../../src/agent/agent-options.js';
import { buildTrees } from '../../src/publisher/build-trees.js';
import type { Publication } from '../../src/publisher/level-index.js';
import { type LevelBuild, type PublishReport, publishLevels } from '../../src/publisher/publish-levels.js';
import { DEFAULT_LIFETIMES, sameSignersForAll } from '../../src/publisher/repository-keys.js';
import { TufRepository } from '../../src/publisher/tuf-repository.js';
import { createKeySigner, generateKeyPair } from '../../src/signature/ed25519.js';
import { makeFramework } from './framework-folder.js';
import { ScratchFolder } from './scratch-folder.js';
import { StaticServer } from './static-server.js';

export const PRODUCT = { product: 'WebKit', platform: 'linux', architecture: 'arm64' } as const;
export const BASE = '26.3.1';

/** A publisher, a static server and devices, all in one scratch folder, with real keys. */
export class LevelWorld {
  readonly scratch = new ScratchFolder();
  readonly signers = sameSignersForAll([createKeySigner(generateKeyPair())], 1);
  readonly publication: Publication = {
    signers: this.signers,
    lifetimes: DEFAULT_LIFETIMES,
    now: Date.now(),
  };
  readonly events: AgentEvent[] = [];
  readonly repositoryFolder = this.scratch.file('repository');
  repository!: TufRepository;
  server!: StaticServer;

  /** A world with the base and these levels published. */
  static async create(levels: readonly number[], builds = Math.max(2, ...levels)): Promise<LevelWorld> {
    const world = new LevelWorld();
    for (let build = 0; build <= builds; build++) makeFramework(world.build(build), build);
    world.repository = await TufRepository.create(
      world.repositoryFolder,
      world.signers,
      DEFAULT_LIFETIMES,
      world.publication.now,
    );
    await world.publish(levels);
    world.server = await StaticServer.start(world.repositoryFolder);
    return world;
  }

  build(number: number): string {
    return this.scratch.file(`build-${number}`);
  }

  publish(
    levels: readonly (number | LevelBuild)[],
    more: { readonly now?: number; readonly dryRun?: boolean; readonly minimumBase?: string } = {},
  ): Promise<PublishReport> {
    const builds = levels.map((level) =>
      typeof level === 'number' ? { level, path: this.build(level) } : level,
    );
    const { now, ...rest } = more;
    return publishLevels(
      this.repository,
      { ...PRODUCT, base: { version: BASE, path: this.build(0) }, levels: builds, ...rest },
      buildTrees({ effort: 'fast' }),
      { ...this.publication, now: now ?? this.publication.now },
    );
  }

  options(name: string, more: Partial<AgentOptions> = {}): AgentOptions {
    return {
      ...PRODUCT,
      folder: this.scratch.file(name),
      repository: this.server.url,
      trustedRoot: new Uint8Array(readFileSync(join(this.repositoryFolder, 'metadata/1.root.json'))),
      download: { attempts: 4, pause: 1 },
      onEvent: (event) => this.events.push(event),
      ...more,
    };
  }

  /** A device with its baseline in place. */
  async device(name: string, more: Partial<AgentOptions> = {}): Promise<Agent> {
    const agent = new Agent(this.options(name, more));
    await agent.adoptBaseline(this.build(0), BASE);
    return agent;
  }

  /** Another agent - the next start, as it were - of a device that is there. */
  agentAt(folder: string, more: Partial<AgentOptions> = {}): Agent {
    return new Agent({ ...this.options('unused', more), folder });
  }

  /** What programs of a device see: the number of the build. */
  seenBy(agent: Agent): string {
    return readFileSync(
      join(agent.options.folder, 'current/Versions/Current/Resources/version.txt'),
      'utf8',
    ).trim();
  }

  async close(): Promise<void> {
    await this.server?.stop();
    this.scratch.clean();
  }

  makeFolder(name: string): string {
    const path = this.scratch.file(name);
    mkdirSync(path);
    return path;
  }
}
