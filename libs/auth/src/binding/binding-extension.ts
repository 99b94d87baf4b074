import type { PortcullisExtension } from '../extension.js';
import { CERTIFICATE_CHECK } from '../tokens/certificate-check.js';
import { DPOP_KIND } from '../tokens/token-kinds.js';
import { BINDING_OPTIONS } from './binding.options.js';
import { BINDING_REQUIRED, INVALID_DPOP_PROOF, USE_DPOP_NONCE } from './binding-refusals.js';
import { Bindings } from './bindings.js';
import { ClientCertificates } from './client-certificates.js';
import { DpopNonces } from './dpop-nonces.js';
import { DpopProofs } from './dpop-proofs.js';
import { DpopScheme } from './dpop-scheme.js';
import { INVALID_MESSAGE_SIGNATURE } from './message-signature-refusals.js';
import { MessageSignatures } from './message-signatures.js';
import { UsedProofs } from './used-proofs.js';

export const BINDING: PortcullisExtension = {
  name: 'binding',
  options: [BINDING_OPTIONS],
  refusals: [INVALID_DPOP_PROOF, USE_DPOP_NONCE, BINDING_REQUIRED, INVALID_MESSAGE_SIGNATURE],
  schemes: { [DPOP_KIND]: DpopScheme },
  providers: [
    Bindings,
    ClientCertificates,
    DpopNonces,
    DpopProofs,
    MessageSignatures,
    UsedProofs,
    { provide: CERTIFICATE_CHECK, useExisting: ClientCertificates },
  ],
};
