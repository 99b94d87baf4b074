import type { PortcullisExtension } from '../extension.js';
import { INVALID_SIGNATURE } from './leak-refusals.js';

export const LEAKS: PortcullisExtension = { name: 'leaks', refusals: [INVALID_SIGNATURE] };
