import ts from 'typescript';
import { beforeAll, describe, expect, it } from 'vitest';
import { readProjectFile } from '../support/source-graph.js';

/** What a name of an entry is, as an editor shows it. */
interface PublicName {
  readonly name: string;
  readonly isFunction: boolean;
  readonly text: string;
}

/** Functions that cannot fail but for wrong arguments, and those whose errors are the sink's or the reader's. */
const CANNOT_FAIL = new Set([
  'bytesAccess',
  'sinkStream',
  'createSha256',
  'sha256',
  'identify',
  'provideModule',
  'readFileHandle',
  'writeFileHandle',
  'readAccessHandle',
  'displayVersion',
  'levelLetters',
  'isInRollout',
  'sameSignersForAll',
  'generateKeyPair',
  'writePublicKey',
  'writeSecretKey',
  'writeSignatureFile',
  'signMessage',
  'treeDigest',
  'writeTreeFile',
  'isBundlePatch',
  'foreignFormat',
  'statusClass',
  'createKeySigner',
  'createPatchVerifier',
  'isSecretKeyEncrypted',
  // Failures are events, and tried again.
  'runAgent',
  'runOnce',
]);

let entries: Map<string, PublicName[]>;

beforeAll(() => {
  const { exports } = JSON.parse(readProjectFile('package.json')) as {
    exports: Record<string, string | { types: string }>;
  };
  const sources = Object.values(exports).flatMap((target) =>
    typeof target === 'string' ? [] : [target.types.replace('./dist/', './src/').replace(/\.d\.ts$/, '.ts')],
  );
  const program = ts.createProgram(sources, {
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2023,
    strict: true,
    skipLibCheck: true,
    noResolve: false,
  });
  const checker = program.getTypeChecker();
  const describeName = (exported: ts.Symbol): PublicName => {
    const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
    const tags = symbol
      .getJsDocTags(checker)
      .map(({ name, text }) => `@${name} ${ts.displayPartsToString(text)}`);
    const comment = ts.displayPartsToString(symbol.getDocumentationComment(checker));
    return {
      name: exported.name,
      isFunction: (symbol.flags & ts.SymbolFlags.Function) !== 0,
      text: [comment, ...tags].join('\n').trim(),
    };
  };
  entries = new Map(
    sources.map((path) => {
      const module = checker.getSymbolAtLocation(program.getSourceFile(path)!)!;
      return [path, checker.getExportsOfModule(module).map(describeName)];
    }),
  );
}, 60_000);

describe('what the package exports', () => {
  it('is something in each entry', () => {
    expect(entries.size).toBeGreaterThan(10);
    for (const [path, names] of entries) expect(names.length, path).toBeGreaterThan(3);
  });

  it('has a comment, each name', () => {
    const bare = [...entries].flatMap(([path, names]) =>
      names.filter(({ text }) => text === '').map(({ name }) => `${path}: ${name}`),
    );
    expect(bare).toEqual([]);
  });

  it('says of each function what it throws, but for those that cannot fail', () => {
    const functions = [...entries.values()].flat().filter(({ isFunction }) => isFunction);
    const silent = functions.filter(
      ({ name, text }) => !CANNOT_FAIL.has(name) && !/throw|reject|Errors as/i.test(text),
    );
    expect(silent.map(({ name }) => name)).toEqual([]);
    const names = new Set(functions.map(({ name }) => name));
    expect([...CANNOT_FAIL].filter((name) => !names.has(name))).toEqual([]);
  });
});
