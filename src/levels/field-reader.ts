import { patchError } from '../errors/patch-error.js';
import type { JsonValue } from './canonical-json.js';

/**
 * Takes an object of a document apart, field by field, each with its rule; `done` refuses fields that nobody asked for. Every failure
 * is a FormatError(BAD_MANIFEST) that names the path of the field.
 */
export class FieldReader {
  private readonly fields: Map<string, JsonValue>;
  private readonly path: string;

  constructor(value: JsonValue, path: string) {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw badField(path, 'an object', value);
    this.fields = new Map(Object.entries(value));
    this.path = path;
  }

  private take(name: string): JsonValue {
    const value = this.fields.get(name);
    if (value === undefined) throw badField(`${this.path}.${name}`, 'a value', null);
    this.fields.delete(name);
    return value;
  }

  text(name: string, pattern: RegExp, expected: string): string {
    const value = this.take(name);
    if (typeof value !== 'string' || !pattern.test(value))
      throw badField(`${this.path}.${name}`, expected, value);
    return value;
  }

  integer(name: string, least: number, most: number = Number.MAX_SAFE_INTEGER): number {
    const value = this.take(name);
    if (typeof value !== 'number' || value < least || value > most) {
      throw badField(`${this.path}.${name}`, `an integer from ${least} to ${most}`, value);
    }
    return value;
  }

  flag(name: string): boolean {
    const value = this.take(name);
    if (typeof value !== 'boolean') throw badField(`${this.path}.${name}`, 'true or false', value);
    return value;
  }

  choice<Choice extends string>(name: string, choices: readonly Choice[]): Choice {
    const value = this.take(name);
    const found = choices.find((choice) => choice === value);
    if (found === undefined) throw badField(`${this.path}.${name}`, `one of ${choices.join(', ')}`, value);
    return found;
  }

  object(name: string): FieldReader {
    return new FieldReader(this.take(name), `${this.path}.${name}`);
  }

  /** The items of an array, at most `most`, each read by `read`. */
  list<Item>(name: string, most: number, read: (item: FieldReader) => Item): Item[] {
    const value = this.take(name);
    const path = `${this.path}.${name}`;
    if (!Array.isArray(value) || value.length > most)
      throw badField(path, `a list of at most ${most}`, value);
    return value.map((item, i) => {
      const reader = new FieldReader(item, `${path}[${i}]`);
      const result = read(reader);
      reader.done();
      return result;
    });
  }

  /** Refuses what was not read. */
  done(): void {
    const [name] = this.fields.keys();
    if (name !== undefined) throw badField(`${this.path}.${name}`, 'no such field', this.fields.get(name)!);
  }

  fail(name: string, expected: string, value: JsonValue): never {
    throw badField(`${this.path}.${name}`, expected, value);
  }
}

function badField(path: string, expected: string, value: JsonValue) {
  const found = JSON.stringify(value).slice(0, 80);
  return patchError('BAD_MANIFEST', 'levels', `${path}: expected ${expected}, found ${found}`, {
    path,
    expected,
    found,
  });
}
