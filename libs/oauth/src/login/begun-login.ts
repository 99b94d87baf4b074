/** Who wants to link an account elsewhere to the one that they are logged in to. */
export interface WantedLink {
  readonly issuer: string;
  readonly subject: string;
  /** The session that has asked; the link is made only while it goes on. */
  readonly sessionId: string;
}

/** A login that somebody has been sent to another issuer for, as the browser keeps it, sealed. */
export interface BegunLogin {
  /** What it is, so that nothing else that is sealed passes for it. */
  readonly use: 'login';
  /** This app. */
  readonly issuer: string;
  readonly provider: string;
  /** Random; that of the answer has to be the same, and it counts once. */
  readonly state: string;
  /** Random; that of the ID token has to be the same. */
  readonly nonce: string;
  /** Whose hash the request has (RFC 7636). */
  readonly verifier: string;
  /** Where it leads: a path of this app. */
  readonly returnTo: string;
  /** How long ago the user may have logged in there at most, in seconds. */
  readonly maxAge?: number;
  readonly link?: WantedLink;
  /** Milliseconds since the epoch. */
  readonly endsAt: number;
}

/** How long a login may take at the other issuer, in seconds. */
export const LOGIN_SECONDS = 600;
