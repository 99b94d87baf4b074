import { readFileSync } from 'node:fs';
import type { Texts } from './texts/en.js';

/** What stands in a page besides its texts. */
export type Values = Readonly<Record<string, string | undefined>>;

/** A file of `public/`. */
export function fileNamed(name: string): string {
  return readFileSync(new URL(`../../public/${name}`, import.meta.url), 'utf8');
}

/** A page of `public/`, in which `{{login.title}}` stands for a text, and `{{$name}}` for a value. */
export class Page {
  readonly #template: string;

  /** @param script what of the texts its script needs, which finds them as JSON in `{{$texts}}` */
  constructor(
    file: string,
    private readonly script: (texts: Texts) => object,
  ) {
    this.#template = fileNamed(file);
  }

  /** @throws Error for a text that is not there */
  in(texts: Texts, values: Values = {}): string {
    const all: Values = { ...values, texts: JSON.stringify(this.script(texts)) };
    return this.#template.replace(/\{\{(\$?)([\w.]+)\}\}/g, (_, isValue: string, name: string) =>
      escaped(isValue ? (all[name] ?? '') : textAt(texts, name)),
    );
  }
}

function textAt(texts: object, name: string): string {
  const text = name
    .split('.')
    .reduce<unknown>((part, key) => (part as Record<string, unknown>)?.[key], texts);
  if (typeof text !== 'string') throw new Error(`There is no text ${name}`);
  return text;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
