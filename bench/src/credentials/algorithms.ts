/** The signature algorithms whose tokens are measured. */
export const ALGORITHMS = ['ES256', 'EdDSA', 'RS256', 'HS256'] as const;

export type Algorithm = (typeof ALGORITHMS)[number];
