/** A refusal's body. */
export interface ProblemBody {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly scope?: string;
  readonly acr_values?: string;
  readonly amr_values?: string;
  readonly max_age?: number;
  readonly requestId: string;
}

/** The refusal that a response carries. */
export async function problemIn(response: Response): Promise<ProblemBody> {
  expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  return (await response.json()) as ProblemBody;
}
