import { defineChange } from '@portcullis/auth';

declare module '@portcullis/auth' {
  interface ChangeKinds {
    /** These handhelds are blocked, for ever. */
    handhelds: { readonly blocked: readonly string[] };
  }
}

export const HANDHELDS_BLOCKED = defineChange('handhelds', {
  parse: ({ blocked }) => (isTexts(blocked) ? { blocked } : undefined),
  takenOver: 'at-once',
});

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}
