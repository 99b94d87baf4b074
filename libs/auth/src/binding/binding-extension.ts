import type { PortcullisExtension } from '../extension.js';
import { BINDING_OPTIONS } from './binding.options.js';
import { UsedProofs } from './used-proofs.js';

export const BINDING: PortcullisExtension = {
  name: 'binding',
  options: [BINDING_OPTIONS],
  providers: [UsedProofs],
};
