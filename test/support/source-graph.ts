import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

/** Sources of the project by path from its root, such as `src/bytes/hex.ts`. */
export type Sources = ReadonlyMap<string, string>;

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Reads a file of the project. */
export function readProjectFile(path: string): string {
  return readFileSync(ROOT + path, 'utf8');
}

/** Reads all TypeScript files below a folder, without those that a build generates. */
export function readSources(folder: string): Sources {
  const paths = readdirSync(ROOT + folder, { recursive: true, encoding: 'utf8' })
    .map((path) => posix.join(folder, path.replaceAll('\\', '/')))
    .filter((path) => path.endsWith('.ts') && !path.includes('/generated/'));
  return new Map(paths.sort().map((path) => [path, readProjectFile(path)]));
}

/** What a source imports, by type, statically or on demand: paths of the project, and names of packages. */
export function importsOf(path: string, text: string): string[] {
  return ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => projectPath(path, fileName));
}

/** What loading a source loads at once: types, and imports on demand, do not count. */
export function loadsOf(path: string, text: string): string[] {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022);
  return file.statements.flatMap((statement) => {
    const isErased = ts.isImportDeclaration(statement)
      ? statement.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword
      : ts.isExportDeclaration(statement) && statement.isTypeOnly;
    if (isErased || !(ts.isImportDeclaration(statement) || ts.isExportDeclaration(statement))) return [];
    const { moduleSpecifier } = statement;
    return moduleSpecifier !== undefined && ts.isStringLiteral(moduleSpecifier)
      ? [projectPath(path, moduleSpecifier.text)]
      : [];
  });
}

function projectPath(from: string, specifier: string): string {
  if (!specifier.startsWith('.')) return specifier;
  return posix.join(posix.dirname(from), specifier).replace(/\.js$/, '.ts');
}

/** Whether a source uses a name in its code; comments and strings do not count. */
export function usesName(text: string, name: string): boolean {
  const file = ts.createSourceFile('source.ts', text, ts.ScriptTarget.ES2022);
  const visit = (node: ts.Node): boolean =>
    (ts.isIdentifier(node) && node.text === name) || (ts.forEachChild(node, visit) ?? false);
  return visit(file);
}

/** Everything that is loaded with the file at `entry`, itself included, by following its imports, or what `follow` finds of them. */
export function reachableFrom(sources: Sources, entry: string, follow = importsOf): ReadonlySet<string> {
  const reached = new Set<string>();
  const open = [entry];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (reached.has(path)) continue;
    reached.add(path);
    const text = sources.get(path);
    if (text !== undefined) open.push(...follow(path, text));
  }
  return reached;
}
