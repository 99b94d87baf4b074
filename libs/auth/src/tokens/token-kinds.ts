/** The kind of the scheme by which tokens come with a proof of the key that they are bound to. */
export const DPOP_KIND = 'dpop';
