import { HONEST_TEXTS } from './honest-texts.spec-support.js';
import { type Asked, play } from './scene.spec-support.js';

/** How many of them one address sends. */
const TOGETHER = 20;

const MODES: Readonly<Record<string, Partial<Asked>>> = {
  'nobody there': {},
  'an app of one page': { status: 200, route: '/{*path}' },
  'a handler that has found nothing': { status: 404, route: '/items' },
};
const FOUND: Partial<Asked> = { status: 200, route: '/items' };

/** Each text that begins twenty, three seconds after another. */
const scenesOf = (texts: readonly string[], answer: Partial<Asked>): readonly (readonly Asked[])[] =>
  texts
    .filter((_, index) => index % 4 === 0)
    .map((_, index) =>
      [...texts, ...texts]
        .slice(index * 4, index * 4 + TOGETHER)
        .map((text) => ({ url: `/items?q=${encodeURIComponent(text)}`, after: 3, ...answer })),
    );

describe.each(Object.entries(HONEST_TEXTS))('twenty honest texts about %s from one address', (_, texts) => {
  it.each(Object.entries(MODES))('ban nobody: %s', async (_mode, answer) => {
    for (const scene of scenesOf(texts, answer)) expect((await play(scene)).bannedBy).toEqual([]);
  });

  it('come nowhere near half of a limit where they were served', async () => {
    for (const scene of scenesOf(texts, FOUND)) expect((await play(scene)).share).toBeLessThan(0.25);
  });
});
