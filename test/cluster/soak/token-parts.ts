function partOf(token: string, index: number): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[index] ?? '', 'base64url').toString());
}

export const headOf = (token: string) => partOf(token, 0);
export const claimsOf = (token: string) => partOf(token, 1);
