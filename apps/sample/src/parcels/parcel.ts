export interface Scan {
  readonly place: string;
  /** The depot whose scanner it was. */
  readonly depot: string;
  /** ISO 8601. */
  readonly at: string;
}

export interface Handover {
  readonly driver: string;
  readonly depot: string;
  /** ISO 8601. */
  readonly at: string;
}

export interface Parcel {
  readonly id: string;
  /** Whoever knows it may track the parcel, so it can't be guessed. */
  readonly trackingCode: string;
  readonly recipient: string;
  readonly destination: string;
  readonly weightGrams: number;
  readonly scans: readonly Scan[];
  readonly handover?: Handover;
}

export type ParcelState = 'registered' | 'on its way' | 'handed over';

export function stateOf({ scans, handover }: Parcel): ParcelState {
  if (handover !== undefined) return 'handed over';
  return scans.length > 0 ? 'on its way' : 'registered';
}
