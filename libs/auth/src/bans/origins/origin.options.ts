import { ArrayNotEmpty, IsArray } from 'class-validator';
import { HasMethodsEach } from '../../options/option-validators.js';
import type { OriginCondition } from './origin-conditions.js';
import type { OriginReader } from './origin-reader.js';
import { AreOriginConditions } from './origin-validators.js';

/** Whom nobody wants by the country or the network operator of their address. */
export class OriginOptions {
  /** What knows addresses: readers of MMDB files, such as those of `maxmind` or `mmdb-lib`, for countries, for ASNs, or for both. */
  @IsArray()
  @ArrayNotEmpty()
  @HasMethodsEach('get')
  readonly readers!: readonly OriginReader[];

  /** Whoever meets one of these is refused like somebody who is banned. */
  @AreOriginConditions()
  readonly refuse: readonly OriginCondition[] = [];
}
