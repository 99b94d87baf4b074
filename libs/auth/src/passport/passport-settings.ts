/** Injects the {@link PassportSettings}. */
export const PASSPORT_SETTINGS = Symbol('portcullis.passport');

/** What of the options this room reads. */
export interface PassportSettings {
  readonly registerPassport: boolean;
}
