import { Inject, Injectable } from '@nestjs/common';
import { type IpAddress, subscriberNetworkOf } from '../../net/ip-address.js';
import { BAN_SETTINGS, type BanSettings } from '../ban-settings.js';
import { meets, type OriginCondition } from './origin-conditions.js';
import { Origins } from './origins.js';

/** When to come again: a condition has no end. */
const RETRY_AFTER_MS = 86_400_000;

/** An address that a condition refuses. */
export interface RefusedOrigin {
  readonly network: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  readonly shadow: boolean;
  /** The condition's id. */
  readonly condition: string;
}

/** Whom `bans.origins` refuses, by the country or the operator of their address. */
@Injectable()
export class RefusedOrigins {
  constructor(
    @Inject(BAN_SETTINGS) private readonly settings: BanSettings,
    private readonly origins: Origins,
  ) {}

  /** @param now milliseconds since the epoch */
  find(address: IpAddress, now: number): RefusedOrigin | undefined {
    const { origins } = this.settings.bans;
    if (origins === undefined || origins.refuse.length === 0) return undefined;
    const met = this.#metBy(address, origins.refuse);
    if (met === undefined) return undefined;
    return {
      network: subscriberNetworkOf(address).text,
      expiresAt: now + RETRY_AFTER_MS,
      shadow: met.shadow === true,
      condition: met.id,
    };
  }

  /** What refuses comes before what is only tried out. */
  #metBy(address: IpAddress, refuse: readonly OriginCondition[]): OriginCondition | undefined {
    const origin = this.origins.of(address);
    if (origin === undefined) return undefined;
    const met = refuse.filter((condition) => meets(condition, origin));
    return met.find(({ shadow }) => shadow !== true) ?? met[0];
  }
}
