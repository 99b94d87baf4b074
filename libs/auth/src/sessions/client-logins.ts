import { Inject, Injectable } from '@nestjs/common';
import { Bindings } from '../binding/bindings.js';
import type { RequestFacts } from '../events/security-event.js';
import type { Confirmation } from '../identity/confirmation.js';
import { RequestContext } from '../request/request-context.js';
import type { FrameworkRequest } from '../request/request-head.js';
import { isVisibleName, LONGEST_NAME } from '../routes/visible-name.js';
import { deviceNameBy } from './device-name.js';
import type { LoginResult, NewLogin } from './login-gate.js';
import { Logins } from './logins.js';
import { SESSION_CLIENT, type SessionClient } from './session-client.js';
import { limitsIn } from './session-starting.js';
import { whereFrom } from './where-from.js';

/** Who has logged in by a route of a front end, and by what. */
export type ProvenLogin = Pick<
  NewLogin,
  'road' | 'user' | 'amr' | 'isMultiFactor' | 'begunAt' | 'upstream' | 'upstreamProof' | 'authTime'
> & {
  /** What its user calls the device. */
  readonly device?: string | undefined;
};

/** What the routes of a front end have in common, by whatever road people come. */
@Injectable()
export class ClientLogins {
  constructor(
    @Inject(SESSION_CLIENT) private readonly client: SessionClient,
    private readonly bindings: Bindings,
    private readonly logins: Logins,
  ) {}

  /**
   * What whoever sends a request has proven to hold: the key of a DPoP proof, or else the certificate, where this client's sessions are
   * bound to that. Ask when everything else is right: a proof counts once.
   *
   * @returns undefined for neither
   * @throws PortcullisError as `Bindings` says
   */
  async bindingOf(request: FrameworkRequest): Promise<Confirmation | undefined> {
    const key = await this.bindings.ofProof(request);
    return key ?? (this.client.bindToCertificate ? this.bindings.ofCertificate(request) : undefined);
  }

  /** Ends a login that came to a route of this client. @throws as `Logins.complete` says */
  async complete(
    { device, ...proven }: ProvenLogin,
    request: FrameworkRequest,
    from: RequestFacts,
  ): Promise<LoginResult> {
    const { clientId, scopes, accessTokenSeconds, deviceNameOf = deviceNameIn } = this.client;
    const binding = await this.bindingOf(request);
    const name = device ?? nameIn(deviceNameOf(request));
    return this.logins.complete({
      ...proven,
      ...{ request, clientId, ...whereFrom(from) },
      ...(name && { device: name }),
      ...(binding && { binding }),
      ...(scopes && { scopes }),
      ...(accessTokenSeconds !== undefined && { accessTokenSeconds }),
      ...limitsIn(this.client),
    });
  }
}

/** What was made of a request may hold whatever its headers do. */
function nameIn(text = ''): string | undefined {
  const name = text.slice(0, LONGEST_NAME);
  return isVisibleName(name) ? name : undefined;
}

function deviceNameIn(request: FrameworkRequest): string | undefined {
  const context = RequestContext.of(request);
  return context && deviceNameBy((name) => context.header(name));
}
