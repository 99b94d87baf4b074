/** `acr` of a login, or a step-up, by at least two factors; its `amr` then has `mfa` too (RFC 8176). */
export const MULTI_FACTOR_ACR = 'mfa';
