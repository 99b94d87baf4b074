import { ValidateBy } from 'class-validator';
import { problemOfCrawlers } from './known-crawlers.js';

/** Crawlers with what their agents hold, and their domains. */
export function AreCrawlers(): PropertyDecorator {
  return ValidateBy({
    name: 'areCrawlers',
    validator: {
      validate: (value) => problemOfCrawlers(value) === undefined,
      defaultMessage: (validated) => `$property ${problemOfCrawlers(validated?.value)}`,
    },
  });
}
