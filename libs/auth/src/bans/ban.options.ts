import { ArrayNotEmpty, IsArray, IsBoolean, IsInt, Max, Min } from 'class-validator';
import { IsIpNetwork, IsPointsByStatus } from '../options-validation.js';

/** When an address is shut out, and for how long. */
export class BanOptions {
  /**
   * Refuse banned addresses on every request, before its body is read, and count every response.
   * False: only handlers under `@UseInterceptors(IpBanInterceptor)` refuse and count, and what a guard
   * refuses before them is not seen.
   */
  @IsBoolean()
  readonly global: boolean = true;

  /** Addresses and networks (CIDR) that no ban holds for, present or future. None by default. */
  @IsArray()
  @IsIpNetwork({ each: true })
  readonly allowed: readonly string[] = [];

  /**
   * Also ban loopback, private and link-local addresses. Off, because on the internet they are proxies: banning one shuts out
   * everybody behind it.
   */
  @IsBoolean()
  readonly privateAddresses: boolean = false;

  /** Points for a finished response, by its status. The defaults are what probing and guessing produce. */
  @IsPointsByStatus()
  readonly strikes: Readonly<Record<number, number>> = { 401: 1, 403: 1, 404: 1 };

  /** The sum of points within the window that bans. A person rarely fails twenty times in a minute. */
  @IsInt()
  @Min(1)
  readonly strikeLimit: number = 20;

  /** How long points are remembered, in seconds, counted from the first one. */
  @IsInt()
  @Min(1)
  @Max(86_400)
  readonly windowSeconds: number = 60;

  /** How long the first, second, … ban in a row lasts, in seconds; the last entry is for all that follow. */
  @ArrayNotEmpty()
  @IsInt({ each: true })
  @Min(1, { each: true })
  readonly durationsSeconds: readonly number[] = [600, 3_600, 86_400, 604_800];

  /** Good behaviour after the end of a ban, in seconds, after which the next one is a first offence again. */
  @IsInt()
  @Min(0)
  @Max(31_536_000)
  readonly forgetAfterSeconds: number = 2_592_000;
}
