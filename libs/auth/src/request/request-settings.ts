/** Injects the {@link RequestSettings}. */
export const REQUEST_SETTINGS = Symbol('portcullis.request');

/** What of the options this room reads. */
export interface RequestSettings {
  readonly events: { readonly accepted: boolean };
}
