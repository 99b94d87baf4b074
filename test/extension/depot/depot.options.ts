import { defineOptions } from '@portcullis/auth';
import { ArrayUnique, IsArray, Matches, MinLength, ValidateNested } from 'class-validator';

/** A carrier that signs its calls. */
export class CarrierOptions {
  /** What the carrier is called. */
  @Matches(/^[a-z0-9-]+$/)
  readonly name!: string;

  /** The secret that it signs with: at least 32 characters. */
  @MinLength(32)
  readonly secret!: string;
}

/** What the depot has to know. */
export class DepotOptions {
  /** The request header that carries a carrier's signature. */
  @Matches(/^[A-Za-z-]+$/)
  readonly signatureHeader: string = 'X-Carrier-Signature';

  /** Whose signatures are accepted. None by default. */
  @IsArray()
  @ArrayUnique((carrier: CarrierOptions) => carrier?.name, { message: '$property must have a name each' })
  @ValidateNested({ each: true })
  readonly carriers: readonly CarrierOptions[] = [];
}

declare module '@portcullis/auth' {
  interface PortcullisOptions {
    /** Carriers that call the depot. */
    readonly depot?: Partial<DepotOptions>;
  }
}

export const DEPOT_OPTIONS = defineOptions('depot', DepotOptions, (given: Partial<DepotOptions> = {}) => {
  const carriers = given.carriers?.map((carrier) => Object.assign(new CarrierOptions(), carrier));
  return Object.assign(new DepotOptions(), given, carriers && { carriers });
});
