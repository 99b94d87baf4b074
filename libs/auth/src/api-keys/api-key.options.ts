import { IsInt, Matches, Min } from 'class-validator';

/** How applications are identified. */
export class ApiKeyOptions {
  /** The request header that carries the key. */
  @Matches(/^(?!authorization$)[A-Za-z0-9-]+$/i, {
    message: '$property must be the name of a request header, and not Authorization, which carries tokens',
  })
  readonly header: string = 'X-API-Key';

  /** The first part of every key: names your service to people and to secret scanners. */
  @Matches(/^[A-Za-z0-9]{1,16}$/, { message: '$property must be 1 to 16 letters and digits' })
  readonly prefix: string = 'ptc';

  /** The second part of every key: a `test` key is refused on `live` before any store is asked. */
  @Matches(/^[A-Za-z0-9]{1,16}$/, { message: '$property must be 1 to 16 letters and digits' })
  readonly environment: string = 'live';

  /** How many proven keys are remembered. */
  @IsInt()
  @Min(1)
  readonly cacheSize: number = 10_000;

  /** How long a proven key is remembered before the store is asked again, in seconds. */
  @IsInt()
  @Min(1)
  readonly cacheSeconds: number = 30;
}
