import { defineRefusal } from '../errors.js';

declare module '../errors.js' {
  interface RefusalCodes {
    invalid_dpop_proof: true;
    use_dpop_nonce: true;
    binding_required: true;
  }
}

export const INVALID_DPOP_PROOF = defineRefusal('invalid_dpop_proof', {
  status: 401,
  title: 'Invalid DPoP proof',
  detail: 'The DPoP proof is missing, malformed, used before, or not meant for this request and this token.',
});

export const USE_DPOP_NONCE = defineRefusal('use_dpop_nonce', {
  status: 401,
  title: 'DPoP nonce required',
  detail: 'The DPoP proof has to hold the nonce of the header DPoP-Nonce.',
  bringsWhatIsMissing: true,
});

export const BINDING_REQUIRED = defineRefusal('binding_required', {
  status: 401,
  title: 'Bound credential required',
  detail: 'This resource takes only credentials that are bound to a key, with a proof of that key.',
});
