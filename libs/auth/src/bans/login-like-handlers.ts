import { Injectable, RequestMethod, type Type } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { getMetadataStorage } from 'class-validator';
import { AccessRules, type CompiledHandler } from '../access/access-rules.js';
import { Log } from '../log.js';
import { namesSecret } from './sent-secrets.js';

/** Where `@nestjs/swagger` keeps the properties of a class, each behind a colon. */
const SWAGGER_PROPERTIES = 'swagger/apiModelPropertiesArray';

/**
 * Names the handlers that look as if they took passwords, and give their failures no name: nobody would count the guesses. It is a look at
 * paths and input, so it only warns.
 */
@Injectable()
export class LoginLikeHandlers {
  constructor(rules: AccessRules) {
    const found = rules.all.filter(isUncountedLogin).map(({ rule }) => rule.handler);
    if (found.length === 0) return;
    new Log().warn(
      `${[...new Set(found)].join(', ')}: open to everybody, and seem to take a password. Write @Strikes({ event: 'login_failed', ` +
        'subject: … }), so that guesses are counted, or @BanExempt() where there is nothing to guess',
    );
  }
}

function isUncountedLogin(handler: CompiledHandler): boolean {
  const { requires, traits } = handler.rule;
  return (
    requires === 'none' &&
    traits.strikes === undefined &&
    traits.banExempt === undefined &&
    traits.honeypot === undefined &&
    takesPost(handler.handler) &&
    (pathsOf(handler).some(namesSecret) || inputsOf(handler).some(hasPassword))
  );
}

function takesPost(handler: object): boolean {
  const method: unknown = Reflect.getMetadata(METHOD_METADATA, handler);
  return method === RequestMethod.POST || method === RequestMethod.ALL;
}

function pathsOf({ type, handler }: CompiledHandler): string[] {
  return [type, handler].flatMap((place): string[] => Reflect.getMetadata(PATH_METADATA, place) ?? []);
}

/** The classes of its parameters. */
function inputsOf({ type, rule: { handler } }: CompiledHandler): readonly Type[] {
  const method = handler.slice(handler.lastIndexOf('.') + 1);
  const parameters: unknown[] = Reflect.getMetadata('design:paramtypes', type.prototype, method) ?? [];
  return parameters.filter((parameter) => typeof parameter === 'function') as Type[];
}

function hasPassword(input: Type): boolean {
  const checked = getMetadataStorage().getTargetValidationMetadatas(input, '', false, false);
  const shown: string[] = Reflect.getMetadata(SWAGGER_PROPERTIES, input.prototype ?? {}) ?? [];
  return [...checked.map(({ propertyName }) => propertyName), ...shown].some(namesSecret);
}
